"""The last look at each product, kept beside the ledger: what was fine is no event, and is shown too."""

from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from causeway.actions.watch.remembered import remember
from causeway.actions.workspace import write_whole
from causeway.core.watching import Sight

FOLDER = "watch"


class Kept(Struct, frozen=True, omit_defaults=True):
    """When a product was last looked at, and what was seen."""

    at: datetime
    seen: str
    """Digest of what there was to see."""
    release: str = ""
    sights: tuple[Sight, ...] = ()


_decode = msgspec.json.Decoder(Kept).decode


def keep(state: Path, product: str, last: Kept) -> None:
    """Remembers the look, in the place of the one before; `state` is the workspace's folder."""
    write_whole(_place(state, product), msgspec.json.format(msgspec.json.encode(last), indent=1))
    remember(state, product, last.at, last.sights)


def kept(state: Path, product: str) -> Kept | None:
    """The last look; None where nobody looked yet."""
    try:
        return _decode(_place(state, product).read_bytes())
    except (OSError, msgspec.MsgspecError):
        return None


def _place(state: Path, product: str) -> Path:
    return state / FOLDER / f"{product}.json"
