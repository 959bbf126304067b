"""The tour as a story: plain words, then the command one would type, then what it really prints."""

import re
import time
from dataclasses import dataclass
from pathlib import Path

import click
import msgspec

from causeway.actions.background import start_in_background
from causeway.actions.bundles import Bundle, open_bundle
from causeway.actions.decide import product_state
from causeway.actions.instance import running
from causeway.actions.keys import issue
from causeway.actions.ship import curl
from causeway.actions.tour import (
    Caller,
    CanaryToured,
    Scored,
    Toured,
    lay_out,
    live_skill,
    score,
    write_outcomes,
)
from causeway.actions.tour_canary import promise_trial
from causeway.actions.tour_worth import BASELINE, Worth
from causeway.actions.workspace import Workspace, load_product, open_workspace
from causeway.cli.tour_canary import goes_wrong
from causeway.cli.tour_telling import Story
from causeway.cli.tour_worth import tell_worth
from causeway.core.errors import OutsideError
from causeway.core.ids import short
from causeway.core.metrics import spoken

CUSTOMERS = 300
MINUTES = 60


@dataclass(frozen=True)
class Live:
    """What the tour made: a product that answers."""

    work: Workspace
    folder: Path
    product: str
    bundle: Bundle
    address: str
    token: str
    console: str


def tell(into: Path, *, quiet: bool) -> Toured:
    """The whole tour; ends with the endpoint live."""
    story = Story(into, quiet)
    story.say(click.style("From a notebook to a live endpoint, and what is proven on the way", bold=True))
    story.tell(
        "Everything below is the real thing, run now with the commands that you would type. Only the "
        "subscribers are made up: a documented simulator draws them, so that the truth is known. Nothing "
        "leaves this machine; the notebook's own packages are fetched once."
    )
    folder = lay_out(into)
    _arrives(story, folder)
    _becomes_a_release(story, folder)
    work = open_workspace(folder)
    try:
        live = _goes_live(story, work, folder)
        scored = _is_called(story, live)
        _learns_what_happened(story, live, scored)
        canary = goes_wrong(
            story,
            work,
            folder,
            live.product,
            address=live.address,
            token=live.token,
            signature=live.bundle.release.signature,
        )
        _proves_itself(story, folder)
        worth = tell_worth(story, work, folder, live.product)
        return _ends(story, live, scored, canary, worth)
    finally:
        work.ledger.close()


def _arrives(story: Story, folder: Path) -> None:
    story.chapter(
        "A notebook arrives",
        "A colleague of the retention team mails a folder: one notebook, one export of 4,000 subscribers, "
        "a claim of 79 % accuracy. What stands between it and production? Causeway looks, and runs nothing.",
    )
    story.run("check", str(folder))
    story.chapter(
        "A promise is drafted",
        "The same eyes write down what the product promises, and what its data looks like. What only a "
        "person can know is left as a question; a sandbox may go on without the answers.",
    )
    story.run("init", str(folder), since="Written:")
    story.tell(
        "One number is written down before anything is live, as nobody could measure it afterwards: what "
        "share of the subscribers leaves within a month today."
    )
    read = ("--source", "the billing system, last year", "--who", "dana")
    story.run("measure", "baseline", BASELINE, *read, "--folder", str(folder))


def _becomes_a_release(story: Story, folder: Path) -> None:
    story.chapter(
        "From notebook to release",
        "The notebook gets an environment of its own and runs as it is, on a copy, while Causeway watches "
        "which rows and columns reach the model. What the notebook does to the data outside the model is "
        "worked out, and proven on every row. Then the model is measured again, honestly.",
    )
    story.run("run", str(folder))


def _goes_live(story: Story, work: Workspace, folder: Path) -> Live:
    story.chapter(
        "Live",
        "One command serves it on this machine; another makes the release answer, with a key. It is a "
        "sandbox: capped, and labelled so. Nobody had to write a server. How many may ask, and how "
        "a later release is tried first, stands in causeway.toml.",
    )
    promise_trial(folder)
    here = running(work)
    console = here.console if here else ""
    if here is None:
        story.type("up", str(folder), "--background")
        started = start_in_background(work, port=0, console_port=0, minutes=MINUTES)
        console = started.sign_in
        story.say(f"Gateway  {started.gateway}\nConsole  {started.sign_in}")
    known = list(product_state(work, load_product(work, folder)[0].product.name).releases)
    # an earlier tour left a worse one behind
    shipped = story.run("ship", str(folder), *(("--release", short(known[0])) if known[1:] else ()), "--yes")
    here = running(work)
    if here is None:
        raise OutsideError("the gateway is gone", where=str(work.state / "up.log"))
    manifest, _ = load_product(work, folder)
    product = manifest.product.name
    shown = re.search(r"cw_[\w-]+", shipped)
    return Live(
        work=work,
        folder=folder,
        product=product,
        bundle=open_bundle(work, next(iter(product_state(work, product).shares))),
        address=f"{here.address}/products/{product}/invocations",
        token=shown.group() if shown else issue(folder, "tour").token,
        console=console,
    )


def _is_called(story: Story, live: Live) -> Scored:
    story.chapter(
        "Strangers, mistakes, customers",
        f"First a caller without a key, then one with a slip of the pen, then {CUSTOMERS} new customers, "
        "one request each, raw as the business holds them.",
    )
    slip = {**live.bundle.example, "contract": "Monhtly"}
    for who, token, row in (("No key", "", live.bundle.example), ("A slip of the pen", live.token, slip)):
        caller = Caller(live.address, token)
        answer = caller.ask(row)
        caller.close()
        story.tell(f"{who}: {answer.status}, {msgspec.json.decode(answer.body)['error']}.")
    scored = score(live.address, live.token, live.bundle.release.signature, count=CUSTOMERS)
    story.tell(
        f"{CUSTOMERS} customers: all answered, {CUSTOMERS / scored.seconds:,.0f} a second over one "
        f"connection, the slowest after {scored.slowest_ms:.0f} ms. Every answer is on record."
    )
    return scored


def _learns_what_happened(story: Story, live: Live, scored: Scored) -> None:
    story.chapter(
        "What really happened",
        "A month later it is known who left. The simulator tells it here; in life it is a file from the "
        "billing system. Each outcome finds its prediction by id.",
    )
    outcomes = write_outcomes(story.into / "outcomes.csv", scored)
    story.run("label", str(outcomes), "--folder", str(live.folder))
    told = live_skill(live.work, live.product, live.bundle.release.signature)
    story.tell(
        f"So the live model is measured on people it never saw: {spoken(told.metric)} {told.value:.2f} "
        f"(95 % {told.low:.2f} to {told.high:.2f}, bootstrap over {told.rows} customers), where the same "
        f"answer for all gets {told.baseline:.2f}."
    )


def _proves_itself(story: Story, folder: Path) -> None:
    story.chapter(
        "The ledger",
        "Every step above is an event in one chain, each sealed by the hash of the one before it. An anchor "
        "kept elsewhere shows even a tail that was cut off.",
    )
    story.run("verify", str(folder), "--export-anchor", str(story.into / "anchor.json"))
    story.run("verify", str(folder), "--anchor", str(story.into / "anchor.json"))


def _ends(story: Story, live: Live, scored: Scored, canary: CanaryToured, worth: Worth) -> Toured:
    example = curl(live.address, live.bundle.example, token=live.token)
    took = time.monotonic() - story.began
    story.chapter(
        "It is live. Try it",
        f"{took:.0f} seconds from the mail to a measured endpoint and a page about its worth.",
    )
    story.say(f"\n{example}\n")
    for what, how in (
        ("The page", f"{worth.page} (what it is worth)"),
        ("The console", live.console),
        ("The promise", f"{live.folder}/causeway.toml, with three questions for you"),
        ("Undo", f"causeway roll back {live.folder}"),
        ("Stop", f"causeway up {live.folder} --stop (by itself within the hour)"),
        ("Your own", "causeway check ANY/FOLDER"),
    ):
        story.entry(what, how)
    return Toured(
        product=live.product,
        folder=str(live.folder),
        release=short(live.bundle.digest),
        address=live.address,
        token=live.token,
        curl=example,
        predictions=len(scored.ids),
        seconds=round(took, 1),
        canary=canary,
        worth=worth,
    )
