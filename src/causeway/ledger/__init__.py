"""Facts in order, for ever: append, read, fold, verify."""

from causeway.ledger.ledger import Actor, BrokenLedger, Contents, Head, Ledger
from causeway.ledger.opening import open_ledger

__all__ = ["Actor", "BrokenLedger", "Contents", "Head", "Ledger", "open_ledger"]
