"""Whether the ledger is as it was written, and how far that is proven."""

import msgspec
from msgspec import Struct

from causeway.core import signatures
from causeway.core.errors import UsageError
from causeway.ledger.chain import Anchor, examine
from causeway.ledger.ledger import Contents, Ledger


class Fault(Struct, frozen=True):
    """The first thing that is not as it was written; `product` is empty for a checkpoint or an anchor."""

    product: str
    seq: int
    what: str
    """`changed`, `removed`, `inserted`, `reordered`, `recomputed` or `unsigned`; `missing` for a file."""
    detail: str
    file: str = ""
    """The file that the event names, where that is what is wrong."""


class Verdict(Struct, frozen=True):
    """What was found, what that proves, and what it cannot prove."""

    ok: bool
    events: int
    products: int
    checkpoints: int
    bad: Fault | None
    proven: tuple[str, ...]
    unproven: tuple[str, ...]


def verify(ledger: Ledger, anchor: Anchor | None = None, *, keys: dict[str, str]) -> Verdict:
    """The verdict on a ledger; `keys` are the public keys to be trusted, by id, in PEM."""
    return judge(contents_of(ledger), anchor, keys=keys)


def contents_of(ledger: Ledger) -> Contents:
    """Everything the ledger holds; checkpoints first, so that every event they name is there."""
    checkpoints = ledger.checkpoints()
    return Contents(ledger.rows(), checkpoints, ledger.actors())


def judge(contents: Contents, anchor: Anchor | None = None, *, keys: dict[str, str]) -> Verdict:
    """The verdict on what a ledger held when it was read."""
    found = examine(contents.rows, contents.checkpoints, keys=keys, anchor=anchor, check=_signed_by)
    fields = {**found._asdict(), "bad": found.bad and found.bad._asdict()}
    return msgspec.convert(fields, Verdict)


def _signed_by(public_pem: str, signature: bytes, content: bytes) -> bool:
    try:
        return signatures.verify(public_pem, signature, content)
    except UsageError:
        return False
