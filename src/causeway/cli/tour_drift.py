"""The tour's chapter on drift: seven weeks in minutes, in a copy."""

import time
from contextlib import closing
from pathlib import Path

import click
from msgspec import structs

from causeway.actions.decide import existing_workspace, product_state
from causeway.actions.tour_drift import COPY, Drifted, became_of, lay_out_weeks, promise_care
from causeway.actions.workspace import has_workspace, load_product, open_workspace
from causeway.cli.tour_story import tell
from causeway.cli.tour_telling import Story
from causeway.core.ids import short

FOLDER = "subscribers"


def tell_drift(into: Path, *, quiet: bool) -> Drifted:
    """The chapter; where nothing is live yet, the whole tour goes before it."""
    folder = into / FOLDER
    if not _is_live(folder):
        tell(into, quiet=quiet)
    story = Story(into, quiet)
    story.say(click.style("\nSeven weeks in minutes: it drifts, and is looked after", bold=True))
    story.chapter(
        "What is promised",
        "In causeway.toml: when outcomes say that the product got worse, it is trained anew on the rows that "
        "do best in a back-test, must beat the live release on the same newest rows, and is tried on half "
        "of the traffic. Age and gender are recorded as they are, as nothing could be learnt without them.",
    )
    promise_care(folder)
    story.run("ship", str(folder), "--release", _live(folder), "--yes", only=(_name(folder),))
    story.chapter(
        "Seven weeks",
        "The simulator's business goes on, 400 customers a day, in a copy. From the seventh day on the "
        "regions are others, which nothing hangs on. From the 29th day on a competitor's offer turns things "
        "round: newcomers in numbers, and what drove people away keeps them now. Who left is known after "
        "a week. Nobody is asked anything; every line below is an event that the copy's ledger holds.",
    )
    copy = _fresh(into)
    table = lay_out_weeks(into)
    began = time.monotonic()
    story.run(
        *("replay", str(table), str(folder), "--into", str(copy), "--time", "asked_at"),
        *("--outcome", "churned", "--delay", "7d", "--block", "7d"),
    )
    work = open_workspace(copy)
    with closing(work.ledger):
        drifted = became_of(work, _name(folder), seconds=time.monotonic() - began)
    drifted = structs.replace(drifted, folder=str(copy))
    _told(story, drifted)
    return drifted


def _told(story: Story, drifted: Drifted) -> None:
    weeks = (
        f"{drifted.first:.2f} in the first week, {drifted.worst:.2f} in the worst, {drifted.last:.2f} in "
        "the last"
    )
    lines = (
        (
            "Before labels",
            f"{drifted.warned_at:%d %B}: inputs and answers moved" if drifted.warned_at else "",
        ),
        ("Confirmed", f"{drifted.confirmed_at:%d %B}: outcomes say so too" if drifted.confirmed_at else ""),
        ("The gate", drifted.gate),
        (
            "Live again",
            f"{drifted.promoted_at:%d %B}: {drifted.release} answers everything"
            if drifted.promoted_at
            else "none of what was trained anew was better",
        ),
        ("ROC AUC", weeks),
        ("Regions", f"{drifted.called} times anybody or anything was called: nothing hangs on them"),
    )
    story.chapter("What became of it", "")
    for label, text in lines:
        if text:
            story.entry(label, text)
    story.say()
    story.entry("The pictures", f"causeway report {drifted.folder} --monitoring -o weeks.html")
    story.entry("The why", f"causeway watch {drifted.folder} --why")


def _is_live(folder: Path) -> bool:
    if not folder.is_dir() or not has_workspace(folder):
        return False
    work = existing_workspace(folder)
    with closing(work.ledger):
        return bool(product_state(work, _name(folder)).shares)


def _live(folder: Path) -> str:
    work = existing_workspace(folder)
    with closing(work.ledger):
        shares = product_state(work, load_product(work, folder)[0].product.name).shares
        return short(max(shares, key=lambda each: shares[each]))


def _name(folder: Path) -> str:
    work = existing_workspace(folder)
    with closing(work.ledger):
        return load_product(work, folder)[0].product.name


def _fresh(into: Path) -> Path:
    """A folder that is not there yet; earlier copies stay."""
    number = 1
    while (place := into / (COPY if number == 1 else f"{COPY}-{number}")).exists():
        number += 1
    return place
