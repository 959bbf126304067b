"""The tour's chapter on worth: four months in seconds, in a copy, and the page about them."""

import time
from contextlib import closing
from pathlib import Path

from causeway.actions.replay.scene import scene
from causeway.actions.tour_worth import (
    BUILDING,
    CARE_DAYS,
    COPY,
    PROMISE,
    Quarter,
    Worth,
    measured_in,
    pass_quarter,
    promise_worth,
)
from causeway.actions.workspace import Workspace, open_workspace
from causeway.cli.tour_telling import Story

PAGE = "worth.html"


def tell_worth(story: Story, work: Workspace, folder: Path, product: str) -> Worth:
    """The chapter; `work` and `folder` are the live product's, which stays as it is."""
    began = time.monotonic()
    place = _fresh(story.into)
    story.chapter(
        "What it is worth",
        "Four months in seconds, in a copy. What only persons know is answered in causeway.toml now: what a "
        "kept subscriber brings, what it may cost. One customer in five gets no answer, drawn by chance; "
        "of the others the business calls whoever is likely to leave. Only the simulator knows what a call "
        "does.",
    )
    at = ("--folder", str(place))
    with scene(work, folder, place) as copy:
        promise_worth(copy, place)
        story.run(
            "measure", "value", PROMISE["unit_value"], *at, "--approver", "ada", "--source", "margin 2026"
        )
        story.run("bill", "enter", "build", "--amount", BUILDING, *at)
        quarter = pass_quarter(copy, product, story.into)
    story.tell(
        f"From {quarter.since:%d %B} to {quarter.until:%d %B} {quarter.asked:,} customers are asked about. "
        f"Of {quarter.truth.asked:,} it is known by now who left; of these {quarter.truth.held_out:,} were "
        f"held out and {quarter.truth.called:,} called. The provider's invoices come too."
    )
    story.run("label", str(quarter.outcomes), *at, "--kpi", "left")
    story.run("bill", "import", str(quarter.invoice), *at)
    days = ("--on", str(quarter.since), "--until", str(quarter.until))
    story.run("bill", "enter", "people", "--days", CARE_DAYS, *days, "--what", "looking after it", *at)
    story.run("measure", *at)
    page = story.into / PAGE
    story.run("report", str(place), "--html", "-o", str(page))
    return _held_against_truth(story, place, page, quarter, seconds=round(time.monotonic() - began, 1))


def _held_against_truth(story: Story, place: Path, page: Path, quarter: Quarter, *, seconds: float) -> Worth:
    copy = open_workspace(place)
    with closing(copy.ledger):
        seen = measured_in(copy)
    truth = quarter.truth
    worth = Worth(
        folder=str(place),
        page=str(page),
        grade=seen.grade,
        effect=seen.effect,
        low=seen.low,
        high=seen.high,
        truth=truth,
        seconds=seconds,
    )
    covers = seen.low is not None and seen.high is not None and seen.low <= -truth.effect <= seen.high
    story.tell(
        f"What is so, the simulator says: acting on the answers takes {truth.effect:.3f} off the share that "
        f"leaves. The interval {'covers' if covers else 'does not cover'} it."
    )
    return worth


def _fresh(into: Path) -> Path:
    """A folder that is not there yet; earlier copies stay."""
    number = 1
    while (place := into / (COPY if number == 1 else f"{COPY}-{number}")).exists():
        number += 1
    return place
