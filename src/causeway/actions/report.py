"""One page about a product as a file that needs nothing else."""

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from causeway.actions.monitoring import Monitoring, Monitors
from causeway.actions.put import put
from causeway.actions.workspace import Workspace, load_product


class Reported(Struct, frozen=True):
    """What the page says, and where it lies; `file` is empty where none was asked for."""

    product: str
    verdict: str
    sentence: str
    file: str
    bytes: int
    monitoring: Monitoring
    """Everything that is on the page."""


def monitoring_of(work: Workspace, folder: Path) -> Monitoring:
    """What is known of the product of this folder."""
    manifest, _ = load_product(work, folder)
    return Monitors(work).of(manifest.product.name)


def reported(seen: Monitoring, drawn: Callable[[Monitoring], str], *, file: Path | None) -> Reported:
    """The report, written whole or not at all where a file is named."""
    content = drawn(seen).encode() if file else b""
    if file:
        put(file, content)
    where = str(file) if file else ""
    return Reported(seen.product, seen.verdict, seen.sentence, where, len(content), seen)
