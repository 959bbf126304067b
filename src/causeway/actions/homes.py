"""In which folder of a workspace a product's manifest lies."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from causeway.actions.decide import existing_workspace
from causeway.actions.workspace import MANIFEST, Workspace
from causeway.core.errors import CausewayError, NotFound
from causeway.core.ids import is_product_name
from causeway.core.manifest_text import read_manifest

DEEPEST = 3
MOST = 500
_NOT_LOOKED_INTO = frozenset({"node_modules", "__pycache__", "venv"})


def home_of(work: Workspace, product: str) -> Path | None:
    """The folder of this product; None where no manifest below the workspace's folder names it."""
    return next((folder for folder in _folders(work.root) if _names(folder) == product), None)


def named_home(what: str, *, here: Path = Path()) -> Path:
    """The folder that this names: itself, or that of the product of this name in the workspace here."""
    folder = Path(what)
    if not is_product_name(what) or (folder / MANIFEST).is_file():
        return folder
    work = existing_workspace(here)
    with closing(work.ledger):
        home = home_of(work, what)
        known = work.products()
    if home is None:
        raise NotFound(
            f"there is no folder {what}, and no product of this name here",
            hint=f"there are: {', '.join(known)}" if known else "name the product's folder",
        )
    return home


def _folders(root: Path) -> Iterator[Path]:
    """The folder itself, then those below it, nearest first."""
    level, seen = [root], 0
    for _ in range(DEEPEST + 1):
        yield from level
        below = [inner for folder in level for inner in _below(folder)]
        seen += len(below)
        if seen > MOST:
            return
        level = below


def _below(folder: Path) -> list[Path]:
    try:
        return sorted(
            place
            for place in folder.iterdir()
            if place.is_dir() and not place.name.startswith(".") and place.name not in _NOT_LOOKED_INTO
        )
    except OSError:
        return []


def _names(folder: Path) -> str:
    try:
        content = (folder / MANIFEST).read_bytes()
        return read_manifest(content, where=MANIFEST).product.name
    except (OSError, CausewayError):
        # what is no manifest names nothing
        return ""
