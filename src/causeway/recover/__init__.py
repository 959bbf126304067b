"""Recovers preprocessing that lives outside a model, from a watched training, and proves it row by row."""

from causeway.recover.leaks import Leak
from causeway.recover.loaded import LoadedTrace
from causeway.recover.proof import ColumnProof, prove
from causeway.recover.recovery import Dropped, Recovery, recover
from causeway.recover.signature import signature_of
from causeway.recover.target import Target

__all__ = [
    "ColumnProof",
    "Dropped",
    "Leak",
    "LoadedTrace",
    "Recovery",
    "Target",
    "prove",
    "recover",
    "signature_of",
]
