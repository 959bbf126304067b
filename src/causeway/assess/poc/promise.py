"""Is anybody answerable, and for what: the part of a proof of concept that no file can show."""

from collections.abc import Iterator

from causeway.core.finding import Finding, Remedy, Severity
from causeway.core.manifest import Manifest


def judge(manifest: Manifest | None) -> Iterator[Finding]:
    """No owner, no business measure."""
    owner = bool(manifest and manifest.product.owner)
    kpi = bool(manifest and manifest.kpi.name)
    if owner and kpi:
        return
    missing = [
        words
        for there, words in ((owner, "Nobody is named as owner"), (kpi, "no business KPI is declared"))
        if not there
    ]
    title = ", and ".join(missing)
    yield Finding(
        "NO-OWNER" if not owner else "NO-KPI",
        Severity.BLOCKER,
        f"{title[0].upper()}{title[1:]}.",
        Remedy("Write it into causeway.toml.")
        if manifest
        else Remedy("Write it into causeway.toml, which `causeway init` drafts.", "causeway init"),
        damage=0.8,
    )
