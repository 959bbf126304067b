"""What the ledger of a folder already knows, for judges that only look."""

import os
from pathlib import Path

from causeway.actions.workspace import STATE
from causeway.assess.evidence import Facts, facts_from
from causeway.core.clock import Clock, SystemClock
from causeway.ledger import open_ledger
from causeway.views.product import fold


def facts_in_ledger(folder: Path, product: str, *, clock: Clock | None = None) -> Facts:
    """The facts of this product; none when the folder has no ledger. Makes nothing where nothing is."""
    home = next(
        (place for place in (folder.resolve(), *folder.resolve().parents) if (place / STATE).is_dir()), None
    )
    url = os.environ.get("CAUSEWAY_LEDGER") or (home / STATE / "ledger.db" if home else None)
    if home is None or url is None or (isinstance(url, Path) and not url.is_file()):
        return Facts()
    ledger = open_ledger(url)
    try:
        events = ledger.read(product)
    finally:
        ledger.close()
    return facts_from(fold(events), at=(clock or SystemClock()).now()) if events else Facts()
