"""The tour's chapter on worth: some months in a copy, in which the business acts on the answers.

The business calls whoever the product names. The gateway's rule holds one customer in five out; the simulator
alone knows what a call does, so that what is measured can be held against what is so.
"""

import csv
import io
import math
import shutil
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import cast

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.actions.bundles import describe
from causeway.actions.decide import product_state
from causeway.actions.measure.measure import declare
from causeway.actions.replay.feeder import Feeder
from causeway.actions.replay.rows import Wanted, rows_of
from causeway.actions.segments import PREDICTIONS, segment_files
from causeway.actions.workspace import AHEAD, MANIFEST, Workspace, load_product, write_whole
from causeway.adapters import registry
from causeway.core.assignment import HOLDOUT
from causeway.core.clock import FixedClock, SystemClock
from causeway.core.errors import OutsideError
from causeway.core.table import Number, Text
from causeway.core.value import ValueMeasured
from causeway.example import invoice, programme
from causeway.example.simulator import Columns
from causeway.views.benefit import fold

COPY = "a-quarter"
WEEKS, A_WEEK = 17, 1000
"""Of the last four it is not known yet who leaves."""
WITHIN_MINUTES = 30
"""A week's customers are asked about on one day, as a run of the business does it."""
KNOWN_AFTER = timedelta(days=30)
OUTCOMES, INVOICE, CUSTOMERS = "who_left.csv", "invoice.csv", "customers.csv"
ENTITY, ASKED_AT, LEFT = "customer_id", "asked_at", "left"
BASELINE = "0.216"
BUILDING, CARE_DAYS = "15000", "8"
PROMISE = {
    "purpose": '"Call subscribers who are about to cancel, before they do."',
    "success": '"Fewer leave, beyond chance, and it pays for itself within a year."',
    "stage": '"pilot"',
    "owner": '"dana"',
    "name": '"subscribers who leave within a month"',
    "family": '"conversion"',
    "unit": '"subscriber kept"',
    "unit_value": "180",
    "currency": '"EUR"',
    "baseline": BASELINE,
    "target": "0.2",
    "source": '"the billing system, monthly"',
    "right_decision": "60",
    "wrong_decision": "4",
}
"""What persons would answer where the draft asks."""
MORE = """
# Who left is known after a month. How many customers are planned makes the interval narrowest there.
[value]
horizon_days = 30
units = 13000

[budget]
build = 15000
run_per_month = 2600
currency = "EUR"
until = 2027-12-31
approver = "finance"
predictions_per_month = 3000
day_rate = 640
upkeep_days = 2
tools_per_month = 120
"""
SERVING = f'[serving]\nentity = "{ENTITY}"\nholdout_percent = 20\n'


class Truth(Struct, frozen=True):
    """What is so, which no part of the product can see."""

    effect: float
    """By how much fewer leave of those asked about, as a share."""
    asked: int
    held_out: int
    called: int
    kept: int
    """Customers who stayed only because they were called, in this draw."""


class Worth(Struct, frozen=True):
    """Where the page lies that the chapter ends with, what it says of the effect, and what is so."""

    folder: str
    page: str
    grade: str
    effect: float | None
    low: float | None
    high: float | None
    truth: Truth
    seconds: float


class Quarter(Struct, frozen=True):
    """A quarter that is over: its files beside the copy, and its truth."""

    customers: Path
    outcomes: Path
    invoice: Path
    since: date
    until: date
    asked: int
    truth: Truth


def measured_in(copy: Workspace) -> ValueMeasured:
    """What was measured last of the product in this workspace."""
    manifest, _ = load_product(copy, copy.root)
    measured = fold(copy.ledger.read(manifest.product.name)).measured
    if not measured:
        raise OutsideError("nothing was measured", where=str(copy.root), hint="causeway measure says why")
    return measured[-1].fact


def promise_worth(copy: Workspace, folder: Path) -> None:
    """Answers the draft's questions in the copy's manifest, and has one customer in five held out."""
    manifest = folder / MANIFEST
    write_whole(manifest, answered(manifest.read_text()).encode())
    promised, digest = load_product(copy, folder)
    declare(copy, promised.product.name, digest, promised.product.stage)


def answered(draft: str) -> str:
    """The drafted manifest with what persons would have written."""
    lines: list[str] = []
    section = ""
    for line in draft.splitlines():
        key = line.partition("=")[0].strip()
        section = line.strip("[]") if line.startswith("[") else section
        asked = section == "kpi" or (section == "product" and key != "name")
        lines.append(f"{key} = {PROMISE[key]}" if asked and key in PROMISE else line)
    text = "\n".join(lines).replace("[serving]\n", SERVING, 1)
    return text.rstrip() + "\n" + MORE


def pass_quarter(copy: Workspace, product: str, into: Path) -> Quarter:
    """Weeks of customers, answered by what is live as they come; then who left is told, where it is known."""
    clock, scratch = cast("FixedClock", copy.clock), copy.state / "quarter"
    begin = clock.now().replace(microsecond=0)
    weeks = programme.asked_about(WEEKS, a_week=A_WEEK)
    file = _customers(into / CUSTOMERS, weeks, begin)
    release = next(iter(product_state(copy, product).shares))
    rows = rows_of(Wanted(file, "", time=ASKED_AT), describe(copy, release).release, scratch)
    feeder = Feeder(copy, product, rows, scratch)
    try:
        for week in range(WEEKS):
            first, last = week * A_WEEK, (week + 1) * A_WEEK
            at_us: list[int] = rows.at_us[first:last].tolist()
            clock.at = datetime.fromtimestamp(at_us[-1] / 1e6, begin.tzinfo)
            feeder.feed(first, last, at_us)
    finally:
        feeder.close()
        shutil.rmtree(scratch, ignore_errors=True)
    clock.at = begin + timedelta(weeks=WEEKS)
    _remember(copy)
    since, until = begin.date(), clock.at.date() - timedelta(days=1)
    truth, outcomes = _what_happened(copy, product, weeks, into / OUTCOMES)
    bill = into / INVOICE
    write_whole(bill, invoice.focus_csv(product, since=since, until=until).encode())
    return Quarter(file, outcomes, bill, since, until, WEEKS * A_WEEK, truth)


def _customers(file: Path, weeks: list[Columns], begin: datetime) -> Path:
    """The customers as the business exports them, with when each was asked about."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([ASKED_AT, *weeks[0]])
    for week, table in enumerate(weeks):
        columns = [values.tolist() for values in table.values()]
        for place, row in enumerate(zip(*columns, strict=True)):
            at = begin + timedelta(weeks=week, minutes=1 + WITHIN_MINUTES * place / A_WEEK)
            writer.writerow([at.isoformat(timespec="seconds"), *row])
    write_whole(file, text.getvalue().encode())
    return file


def _remember(copy: Workspace) -> None:
    """Whoever opens the copy later finds its time where it stands."""
    ahead = math.ceil((copy.clock.now() - SystemClock().now()).total_seconds())
    write_whole(copy.state / AHEAD, str(ahead).encode())


def _what_happened(copy: Workspace, product: str, weeks: list[Columns], file: Path) -> tuple[Truth, Path]:
    """Who was called by the answers on record, and who left; written as the billing system would."""
    everybody = {name: np.concatenate([week[name] for week in weeks]) for name in weeks[0]}
    told = registry.segment_files().read(segment_files(copy, product, PREDICTIONS)).columns
    ids, arms = _texts(told["id"]), _texts(told["arm"])
    names = _texts(told.get(f"in_{ENTITY}"))
    places = {str(name): place for place, name in enumerate(everybody[ENTITY].tolist())}
    ended = round((copy.clock.now() - KNOWN_AFTER).timestamp() * 1e6)
    is_over = _numbers(told["at"]) <= ended
    mine = [(place, name) for place, name in enumerate(names) if name in places and is_over[place]]
    chances = _chances(told)
    answers = np.full(len(places), np.nan)
    rows, held = np.full(len(places), -1), np.zeros(len(places), np.bool_)
    for row, name in mine:
        answers[places[name]], rows[places[name]] = chances[row], row
        held[places[name]] = arms[row] == HOLDOUT
    known = rows >= 0
    called = known & ~held & (np.nan_to_num(answers) >= programme.CALLED_FROM)
    left = programme.who_leaves(everybody, called, draw=1)
    alone = programme.who_leaves(everybody, np.zeros(len(called), np.bool_), draw=1)
    lines = ["id,outcome,left"]
    lines += [
        f"{ids[rows[place]]},{'Yes' if left[place] else 'No'},{int(left[place])}"
        for place in np.flatnonzero(known).tolist()
    ]
    write_whole(file, ("\n".join(lines) + "\n").encode())
    treated = known & ~held
    effect = _true_effect(everybody, treated, called)
    kept = int((alone & ~left & known).sum())
    return Truth(effect, int(known.sum()), int(held.sum()), int(called.sum()), kept), file


def _true_effect(
    everybody: Mapping[str, NDArray[np.generic]], treated: NDArray[np.bool_], called: NDArray[np.bool_]
) -> float:
    """The mean of what acting on the answers takes off each treated customer's chance of leaving."""
    nobody = np.zeros(len(called), np.bool_)
    apart = programme.chance_of_leaving(everybody, nobody) - programme.chance_of_leaving(everybody, called)
    return float(apart[treated].mean())


def _chances(told: Mapping[str, object]) -> NDArray[np.float64]:
    column = next(
        (values for name, values in told.items() if name.startswith("out_") and isinstance(values, Number)),
        None,
    )
    if column is None:
        raise OutsideError("no answer on record is a number", hint="causeway doctor says more")
    return column.values


def _numbers(column: object) -> NDArray[np.float64]:
    return column.values if isinstance(column, Number) else np.empty(0)


def _texts(column: object) -> list[str]:
    return [str(each) for each in column.values] if isinstance(column, Text) else []
