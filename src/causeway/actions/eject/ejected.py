"""What an ejection wrote."""

from msgspec import Struct

from causeway.core.environment import Pin


class Ejected(Struct, frozen=True, omit_defaults=True):
    """What was written: `folder` serves `release`; `hashed` is whether every package has its hash."""

    status: str
    product: str
    release: str
    folder: str
    forms: tuple[str, ...]
    files: tuple[str, ...]
    key: str
    """The key whose signature the folder trusts."""
    python: str
    hashed: bool
    packages: tuple[Pin, ...]
    worker: tuple[Pin, ...] = ()
    """What the release's own process needs, where it has one."""
    unhashed: str = ""
    """Why packages have no hashes."""
