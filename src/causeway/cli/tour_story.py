"""The tour as a story: plain words, then the command one would type, then what it really prints."""

import shlex
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import click
import msgspec

from causeway.actions.background import start_in_background
from causeway.actions.bundles import open_bundle
from causeway.actions.decide import product_state
from causeway.actions.instance import running
from causeway.actions.keys import issue
from causeway.actions.ship import curl
from causeway.actions.tour import Caller, Scored, Toured, lay_out, live_skill, score, write_outcomes
from causeway.actions.workspace import Workspace, load_product, open_workspace
from causeway.core.errors import CausewayError, OutsideError
from causeway.core.ids import short

WIDTH = 80
CUSTOMERS = 300
MINUTES = 60
JUDGED = 1


@dataclass
class Story:
    """Who tells it, to whom, and since when."""

    into: Path
    quiet: bool
    began: float = field(default_factory=time.monotonic)
    chapter_count: int = 0

    def chapter(self, title: str, text: str) -> None:
        """Opens a chapter: its number, its title, when it began, and what it is about."""
        self.chapter_count += 1
        at = f"{time.monotonic() - self.began:.0f} s"
        head = f"{self.chapter_count}  {title}"
        self.say(f"\n{click.style(head, bold=True)}{at:>{WIDTH - len(head)}}")
        self.tell(text)

    def tell(self, text: str) -> None:
        """A paragraph, indented under its chapter."""
        self.say(textwrap.fill(" ".join(text.split()), WIDTH, initial_indent="   ", subsequent_indent="   "))

    def say(self, text: str = "") -> None:
        """A line as it is."""
        if not self.quiet:
            click.echo(text)

    def run(self, *words: str, show: Callable[[str], str] = lambda text: text) -> None:
        """Types a command and shows what it prints; ends the tour where it fails."""
        self.say(f"\n   {click.style('$ causeway ' + shlex.join(words), fg='cyan')}")
        process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "causeway", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        kept = []
        for line in process.stdout or ():
            kept.append(line)
            shown = show(line.rstrip("\n"))
            self.say(f"   {shown}" if shown else "")
        if process.wait() not in (0, JUDGED):
            raise OutsideError(
                f"the tour stopped at `causeway {shlex.join(words)}`",
                where=str(self.into),
                hint=" ".join("".join(kept).split())[-300:],
            )


def tell(into: Path, *, quiet: bool) -> Toured:
    """The whole tour; ends with the endpoint live."""
    story = Story(into, quiet)
    story.say(click.style("From a notebook to a live endpoint, and what it proves on the way", bold=True))
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
        address, token = _goes_live(story, work, folder)
        scored = _is_called(story, work, folder, address=address, token=token)
        _learns_what_happened(story, work, folder, scored)
        _proves_itself(story, folder)
        return _ends(story, work, folder, address=address, token=token, scored=scored)
    finally:
        work.ledger.close()


def _arrives(story: Story, folder: Path) -> None:
    story.chapter(
        "A notebook arrives",
        "A colleague of the retention team mails a folder: one notebook, one export of 4,000 subscribers, "
        "a claim of 79 % accuracy. Causeway looks, and runs nothing.",
    )
    story.run("init", str(folder))
    story.chapter(
        "What stands in the way", "The same eyes, as a verdict. Nothing is written; no account is needed."
    )
    story.run("check", str(folder))


def _becomes_a_release(story: Story, folder: Path) -> None:
    story.chapter(
        "From notebook to release",
        "The notebook gets an environment of its own and runs as it is, on a copy, while Causeway watches "
        "which rows and columns reach the model. What the notebook does to the data outside the model is "
        "worked out, and proven on every row. Then the model is measured again, honestly.",
    )
    story.run("run", str(folder))


def _goes_live(story: Story, work: Workspace, folder: Path) -> tuple[str, str]:
    story.chapter(
        "Live",
        "One command serves it on this machine; another makes the release answer, with a key. It is a "
        "sandbox: capped, and labelled so. Nobody had to write a server.",
    )
    instance = running(work)
    if instance is None:
        story.say(f"\n   {click.style(f'$ causeway up {folder} --background', fg='cyan')}")
        started = start_in_background(work, port=0, console_port=0, minutes=MINUTES)
        story.say(f"   Gateway  {started.gateway}\n   Console  {started.sign_in}")
    story.run("ship", str(folder), "--yes")
    manifest, _ = load_product(work, folder)
    issued = issue(folder, "tour")
    here = running(work)
    if here is None:
        raise OutsideError("the gateway is gone", where=str(work.state / "up.log"))
    return f"{here.address}/products/{manifest.product.name}/invocations", issued.token


def _is_called(story: Story, work: Workspace, folder: Path, *, address: str, token: str) -> Scored:
    story.chapter(
        "Strangers, mistakes, customers",
        f"First a caller without a key, then one with a slip of the pen, then {CUSTOMERS} new customers, "
        "one request each, raw as the business holds them.",
    )
    manifest, _ = load_product(work, folder)
    bundle = open_bundle(work, next(iter(product_state(work, manifest.product.name).shares)))
    slip = dict(bundle.example)
    name = next(each.name for each in bundle.release.signature.inputs if each.categories)
    slip[name] = "Mothly"
    for who, key, row in (("no key", "", bundle.example), (f"{name}: Mothly", token, slip)):
        caller = Caller(address, key)
        answer = caller.ask(row)
        caller.close()
        said = msgspec.json.decode(answer.body)
        story.tell(f"{who} -> {answer.status}: {said['error']}")
    scored = score(address, token, bundle.release.signature, count=CUSTOMERS)
    story.tell(
        f"{CUSTOMERS} customers -> 200: {CUSTOMERS / scored.seconds:,.0f} answers a second over one "
        f"connection, the slowest after {scored.slowest_ms:.0f} ms. Every one of them is on record."
    )
    return scored


def _learns_what_happened(story: Story, work: Workspace, folder: Path, scored: Scored) -> None:
    story.chapter(
        "What really happened",
        "A month later it is known who left. The simulator tells it here; in life it is a file from the "
        "billing system. Each outcome finds its prediction by id.",
    )
    outcomes = write_outcomes(story.into / "outcomes.csv", scored)
    story.run("label", str(outcomes), "--folder", str(folder))
    manifest, _ = load_product(work, folder)
    product = manifest.product.name
    signature = open_bundle(work, next(iter(product_state(work, product).shares))).release.signature
    live = live_skill(work, product, signature)
    story.tell(
        f"So the live model is measured on people it never saw: {live.metric} {live.value:.2f} "
        f"(95 % {live.low:.2f} to {live.high:.2f}, bootstrap over {live.rows} customers), where always "
        f"saying the same gets {live.baseline:.2f}."
    )


def _proves_itself(story: Story, folder: Path) -> None:
    story.chapter(
        "The ledger",
        "Every step above is an event in one chain, each sealed by the hash of the one before it. Nobody "
        "can change the story afterwards without being found out.",
    )
    story.run("verify", str(folder))


def _ends(story: Story, work: Workspace, folder: Path, *, address: str, token: str, scored: Scored) -> Toured:
    manifest, _ = load_product(work, folder)
    state = product_state(work, manifest.product.name)
    release = next(iter(state.shares))
    example = curl(address, open_bundle(work, release).example, token=token)
    took = time.monotonic() - story.began
    story.chapter("It is live. Try it", f"{took:.0f} seconds from the mail to a measured endpoint.")
    story.say(f"\n{example}\n")
    for line in (
        f"The console      {_console(work)}",
        f"The promise      {folder}/causeway.toml, with three questions for you",
        f"Undo             causeway roll back {folder}",
        f"Stop             causeway up {folder} --stop   (stops by itself in an hour)",
        "Your own         causeway check ANY/FOLDER",
    ):
        story.say(f"   {line}")
    return Toured(
        product=manifest.product.name,
        folder=str(folder),
        release=short(release),
        address=address,
        token=token,
        curl=example,
        predictions=len(scored.ids),
        seconds=round(took, 1),
    )


def _console(work: Workspace) -> str:
    """The console's link, with its token while the note of it lies in the log."""
    try:
        return msgspec.json.decode((work.state / "up.log").read_bytes().splitlines()[0])["sign_in"]
    except (OSError, msgspec.DecodeError, KeyError, IndexError) as error:
        raise CausewayError("the console's link is lost", where=str(work.state / "up.log")) from error
