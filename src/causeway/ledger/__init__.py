"""Facts in order, for ever: append, read, fold, verify."""

from causeway.ledger.chain import Anchor, Checkpoint
from causeway.ledger.checkpoints import add_checkpoint, read_anchor, write_anchor
from causeway.ledger.ledger import Actor, BrokenLedger, Contents, Head, Ledger
from causeway.ledger.opening import open_ledger
from causeway.ledger.verify import Fault, Verdict, verify

__all__ = [
    "Actor",
    "Anchor",
    "BrokenLedger",
    "Checkpoint",
    "Contents",
    "Fault",
    "Head",
    "Ledger",
    "Verdict",
    "add_checkpoint",
    "open_ledger",
    "read_anchor",
    "verify",
    "write_anchor",
]
