"""A product by its name or its folder, as far as anything is known of it."""

from datetime import date
from pathlib import Path

from causeway.actions.decide import existing_workspace, product_name
from causeway.actions.workspace import MANIFEST, Workspace, has_workspace
from causeway.actions.worth.page import current_page, declared_page
from causeway.assess.worth.parts import WorthPage
from causeway.core.clock import SystemClock
from causeway.core.errors import NotFound, OutsideError, remedy


class Found:
    """A product: in a workspace, or only a manifest of which no ledger tells anything yet."""

    def __init__(self, folder: Path, *, name: str = "", work: Workspace | None = None) -> None:
        self.folder, self.name, self.work = folder, name, work

    def page(self, *, since: date | None = None, until: date | None = None) -> WorthPage:
        """What it costs and what it brings."""
        if self.work is not None and self.name in self.work.products():
            return current_page(self.work, self.name, since=since, until=until)
        clock = self.work.clock if self.work else SystemClock()
        return declared_page(self.folder, _manifest(self.folder), today=clock.now().date())

    def for_writing(self) -> Workspace:
        """The workspace in whose ledger it is noted that the page was written or signed."""
        if self.work is None or self.name not in self.work.products():
            raise NotFound(
                f"nothing has happened in {self.folder} that a report could be written of",
                hint="without --html, --pdf and --md it is printed; or start with: causeway run",
            )
        return self.work

    def close(self) -> None:
        """Lets go of the ledger."""
        if self.work is not None:
            self.work.ledger.close()


def found(product: str) -> Found:
    """The product of this folder, or the one of this name in the workspace here."""
    folder = Path(product)
    if folder.is_dir():
        if not has_workspace(folder):
            return Found(folder)
        work = existing_workspace(folder)
        return Found(folder, name=product_name(work, folder), work=work)
    if not has_workspace(Path()):
        raise NotFound(f"there is no folder {product}", hint="name a folder that has a causeway.toml")
    work = existing_workspace(Path())
    if product not in work.products():
        known = ", ".join(work.products()) or "none"
        work.ledger.close()
        raise NotFound(f"there is no product and no folder {product}", hint=f"products here: {known}")
    return Found(Path(), name=product, work=work)


def _manifest(folder: Path) -> bytes:
    path = folder / MANIFEST
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise NotFound(
            f"there is no {MANIFEST} in {folder}", hint=f"draft one: causeway init {folder}"
        ) from None
    except OSError as error:
        raise OutsideError(f"cannot read {path}: {error.strerror}", hint=remedy(error)) from error
