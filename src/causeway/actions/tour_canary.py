"""The tour's worse release: a balanced export, customers who keep asking, and what became of the trial."""

import csv
import http
import io
import threading
import time
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Self

import numpy as np

from causeway.actions.decide import product_state
from causeway.actions.tour import Caller, CanaryToured, Row, callers
from causeway.actions.workspace import MANIFEST, Workspace, write_whole
from causeway.core.canary import ROLL_BACK, CanaryJudged
from causeway.core.errors import OutsideError
from causeway.core.events import Event, TrafficRouted
from causeway.core.ids import short
from causeway.core.release import Signature

EXPORT = "subscribers_export.csv"
TARGET, LEFT = "churned", "Yes"
BALANCING_SEED = 20260501
SHOPPERS = 12_000
TRIAL = """
# Room for the tour's customers.
[serving]
requests_per_minute = 60000

# How a new release is tried before everybody gets it.
[canary]
steps = "25, 50"
"""
VERDICT_SECONDS = 40.0
POLL_SECONDS = 0.05
AFTERWARDS = 150
"""Answers after the canary's end, to see that nobody lost one."""


class Customers:
    """New customers, one request after the other over one connection, until they are told to stop."""

    def __init__(self, address: str, token: str, signature: Signature) -> None:
        rows, _ = callers(SHOPPERS)
        fields = [field.name for field in signature.inputs]
        self._rows: list[Row] = [{name: row[name] for name in fields} for row in rows]
        self._caller = Caller(address, token)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self.failed = 0
        self.answers: dict[str, list[datetime]] = {}
        """When each release answered, by its name."""
        self.trouble = ""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stopping.set()
        self._thread.join()
        self._caller.close()

    @property
    def requests(self) -> int:
        """How many were sent."""
        return self.failed + sum(map(len, self.answers.values()))

    def _ask(self) -> None:
        try:
            while not self._stopping.is_set():
                answer = self._caller.ask(self._rows[self.requests % len(self._rows)])
                if answer.status == http.HTTPStatus.OK:
                    self.answers.setdefault(answer.release, []).append(datetime.now(UTC))
                else:
                    self.failed += 1
        except OutsideError as error:
            self.failed += 1
            self.trouble = error.message


def balance_export(folder: Path) -> int:
    """Leaves as many in the export who stayed as left, as somebody does for a fairer accuracy; how many."""
    rows = list(csv.DictReader(io.StringIO(_bundled().decode())))
    left = [row[TARGET] == LEFT for row in rows]
    stayed = [at for at, is_left in enumerate(left) if not is_left]
    kept = np.random.default_rng(BALANCING_SEED).choice(stayed, sum(left), replace=False)
    chosen = [row for at, row in enumerate(rows) if left[at] or at in set(kept.tolist())]
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(chosen)
    write_whole(folder / EXPORT, text.getvalue().encode())
    return len(chosen)


def restore_export(folder: Path) -> None:
    """The export as it came."""
    write_whole(folder / EXPORT, _bundled())


def promise_trial(folder: Path) -> None:
    """Writes into the manifest how a new release is tried, unless it says so already."""
    manifest = folder / MANIFEST
    text = manifest.read_text()
    if "[canary]" not in text:
        write_whole(manifest, (text.rstrip() + "\n" + TRIAL).encode())


def trial_watched(work: Workspace, product: str, customers: Customers) -> CanaryToured:
    """Waits until the trial is over, and a little longer; what became of it."""
    deadline = time.monotonic() + VERDICT_SECONDS
    while product_state(work, product).canary and time.monotonic() < deadline and not customers.trouble:
        time.sleep(POLL_SECONDS)
    enough = customers.requests + AFTERWARDS
    while customers.requests < enough and time.monotonic() < deadline and not customers.trouble:
        time.sleep(POLL_SECONDS)
    return _toured(work, product, customers)


def trial_events(work: Workspace, product: str) -> list[Event]:
    """The ledger's lines from the beginning of the last trial to its end."""
    events = list(work.ledger.read(product))
    began = max(at for at, event in enumerate(events) if event.fact.__struct_config__.tag == "canary.started")
    return [each for each in events[began:] if not isinstance(each.fact, CanaryJudged) or each.fact.criteria]


def _toured(work: Workspace, product: str, customers: Customers) -> CanaryToured:
    events = trial_events(work, product)
    judged = next((e for e in reversed(events) if isinstance(e.fact, CanaryJudged)), None)
    if judged is None or not isinstance(judged.fact, CanaryJudged) or judged.fact.verdict != ROLL_BACK:
        raise OutsideError(
            f"the worse release was not taken back within {VERDICT_SECONDS:g} s",
            hint="this machine may be too busy for the tour; look into .causeway/up.log",
        )
    fact, at = judged.fact, next(e.body.at for e in reversed(events) if isinstance(e.fact, TrafficRouted))
    its = customers.answers.get(fact.release, [])
    return CanaryToured(
        release=short(fact.release),
        verdict=fact.verdict,
        because=fact.because,
        requests=customers.requests,
        failed=customers.failed,
        answered=len(its),
        meanwhile=_between(its, customers),
        seconds_on_trial=(at - its[0]).total_seconds() if its else 0.0,
        seconds_from_evidence=(at - fact.evidence_at).total_seconds() if fact.evidence_at else 0.0,
        seconds_to_last=max(0.0, (its[-1] - at).total_seconds()) if its else 0.0,
    )


def _between(its: list[datetime], customers: Customers) -> int:
    """How many answers came between the first and the last of these."""
    moments = (moment for each in customers.answers.values() for moment in each)
    return sum(its[0] <= moment <= its[-1] for moment in moments) if its else 0


def _bundled() -> bytes:
    return (files("causeway.example") / "poc" / EXPORT).read_bytes()
