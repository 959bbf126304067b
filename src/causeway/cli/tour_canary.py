"""The tour's chapter about a release that is worse, and is taken back by itself."""

import re
import textwrap
from pathlib import Path

from causeway.actions.tour import CanaryToured
from causeway.actions.tour_canary import (
    Customers,
    balance_export,
    restore_export,
    trial_events,
    trial_watched,
)
from causeway.actions.workspace import Workspace
from causeway.cli.tour_telling import WIDTH, Story
from causeway.core.release import Signature
from causeway.views.timeline import tell


def goes_wrong(
    story: Story,
    work: Workspace,
    folder: Path,
    product: str,
    *,
    address: str,
    token: str,
    signature: Signature,
) -> CanaryToured:
    """The chapter; ends with the release of before live alone."""
    rows = balance_export(folder)
    try:
        release = _retrained(story, folder, rows)
    finally:
        restore_export(folder)
    story.tell(
        "So it is tried on a quarter of the traffic first, while customers keep asking, one request after "
        "the other."
    )
    with Customers(address, token, signature) as customers:
        shown = ("  beside live", "  traffic", "  steps", "  taken back", product)
        story.run("ship", str(folder), "--release", release, "--canary", "--yes", only=shown)
        toured = trial_watched(work, product, customers)
    _told(story, toured)
    story.say("\n   The ledger says so, with every number:")
    for event in trial_events(work, product):
        line = tell(event)
        head = f"{line.seq:>4}  {line.at:%H:%M:%S}  "
        story.say(textwrap.fill(line.words, WIDTH, initial_indent=head, subsequent_indent=" " * len(head)))
    return toured


def _retrained(story: Story, folder: Path, rows: int) -> str:
    story.chapter(
        "A worse release, taken back by itself",
        f"A colleague trains again, on an export that she balanced: {rows:,} rows, as many who left as "
        "stayed, so that the accuracy looks fair. Offline nothing is wrong with it.",
    )
    said = story.run("run", str(folder), since="ROC AUC", lines=3)
    found = re.search(r"@([0-9a-f]{12})", said)
    return found[1] if found else ""


def _told(story: Story, toured: CanaryToured) -> None:
    share = toured.answered / max(toured.meanwhile, 1)
    back = (
        f"{toured.seconds_on_trial:.1f} s after its first answer, {toured.seconds_from_evidence:.1f} s after "
        f"the last that was looked at; its very last answer came {toured.seconds_to_last:.1f} s later"
    )
    its = (
        f"{toured.release} answered {toured.answered:,} of the {toured.meanwhile:,} in its time ({share:.0%})"
    )
    lines = (
        ("Requests", f"{toured.requests:,} sent, {toured.failed:,} failed"),
        ("The canary", its),
        ("Evidence", toured.because),
        ("Taken back", back),
    )
    story.say()
    for label, text in lines:
        story.entry(label, text)
