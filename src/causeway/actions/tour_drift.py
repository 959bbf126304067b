"""The tour's chapter on drift: weeks of customers, what the manifest asks for, and what became of them."""

from datetime import datetime
from pathlib import Path

from msgspec import Struct

from causeway.actions.decide import product_state
from causeway.actions.replay.blocks import blocks_of
from causeway.actions.workspace import MANIFEST, Workspace, write_whole
from causeway.core.events import AnyFact, Event, LoopEnded, LoopMoved, TriggerFired, WatchJudged
from causeway.core.ids import short
from causeway.core.loop import GATE, PROMOTED
from causeway.core.watching import ACT, WARN, Alarm
from causeway.example.later import later_csv

ROWS_A_DAY = 400
WEEK = 7 * 86_400.0
LATER = "seven_weeks.csv"
COPY = "seven-weeks"
COLUMN_WITHOUT_EFFECT = "region"
SERVING = "[serving]\n"
KEPT = SERVING + 'personal = "keep"\n'
STEPS = 'steps = "25, 50"\n'
TRIAL = """steps = "50"
most_hours = 240
errors = 0.1
latency = 5
shift = 0.4
labels = "optional"
"""
WATCHED = """
# How the product is looked after: it is trained anew when outcomes say that it got worse.
[loop]
windows = "all, all/7d"
judged_rows = 500
stops_after = 3

[[triggers]]
on = "decay"
do = "retrain"
approval = false
cooldown_hours = 120
"""


class Drifted(Struct, frozen=True):
    """What became of seven weeks in which things turned round; times are the copy's."""

    folder: str
    outcomes: int
    """Rows of which it is known what really happened."""
    warned_at: datetime | None
    """When answers and inputs were said to have changed."""
    estimated: str
    """What the quality was estimated at then, in words; empty where nothing was estimated."""
    confirmed_at: datetime | None
    """When outcomes said so too."""
    promoted_at: datetime | None
    release: str
    """The one that was trained anew and answers everything now; empty where none does."""
    gate: str
    """How it did beside the live one on the same rows, in words."""
    first: float | None
    worst: float | None
    last: float | None
    """The metric of a week: the first, the worst, the last."""
    called: int
    """Triggers that fired because of the column that nothing hangs on."""
    seconds: float


def lay_out_weeks(into: Path) -> Path:
    """The seven weeks as the business would export them."""
    write_whole(into / LATER, later_csv(rows_a_day=ROWS_A_DAY).encode())
    return into / LATER


def promise_care(folder: Path) -> None:
    """Writes into the manifest what is done when the product gets worse, unless it says so already."""
    manifest = folder / MANIFEST
    text = manifest.read_text()
    if "[loop]" not in text:
        text = text.replace(SERVING, KEPT, 1).replace(STEPS, TRIAL, 1)
        write_whole(manifest, (text.rstrip() + "\n" + WATCHED).encode())


def _is_gate(fact: AnyFact, ended: Event | None) -> bool:
    """Whether it says how the training that ended so did beside what was live."""
    named = ended.fact.loop if ended and isinstance(ended.fact, LoopEnded) else ""
    return isinstance(fact, LoopMoved) and fact.state == GATE and fact.loop == named


def _by_outcomes(alarm: Alarm) -> bool:
    return any(each.watches == "quality" and each.verdict == ACT for each in alarm.sights)


def became_of(copy: Workspace, product: str, *, seconds: float) -> Drifted:
    """What the copy's ledger and records tell of the seven weeks."""
    events = list(copy.ledger.read(product))
    alarms = [(e.body.at, e.fact.alarm) for e in events if isinstance(e.fact, WatchJudged)]
    moved = [(at, alarm) for at, alarm in alarms if any(each.watches == "output" for each in alarm.sights)]
    guesses = [each.why for _, alarm in alarms for each in alarm.sights if each.watches == "estimate"]
    loops = [e for e in events if isinstance(e.fact, LoopEnded) and e.fact.outcome == PROMOTED]
    ended = loops[0] if loops else None
    gate = next((e.fact for e in events if _is_gate(e.fact, ended)), None)
    fired = [e.fact for e in events if isinstance(e.fact, TriggerFired)]
    live = next(iter(product_state(copy, product).shares))
    blocks = blocks_of(copy, product, live, seconds=WEEK)
    values = [block.value for block in blocks if block.value is not None]
    return Drifted(
        folder=str(copy.root),
        outcomes=sum(block.rows for block in blocks),
        warned_at=next((at for at, alarm in moved if alarm.verdict in (WARN, ACT)), None),
        estimated=guesses[0].split("; ")[0] if guesses else "",
        confirmed_at=next((at for at, alarm in alarms if _by_outcomes(alarm)), None),
        promoted_at=ended.body.at if ended else None,
        release=short(ended.fact.release) if ended and isinstance(ended.fact, LoopEnded) else "",
        gate=gate.words if isinstance(gate, LoopMoved) else "",
        first=values[0] if values else None,
        worst=min(values, default=None),
        last=values[-1] if values else None,
        called=sum(COLUMN_WITHOUT_EFFECT in fact.because.split(";")[0] for fact in fired),
        seconds=round(seconds, 1),
    )
