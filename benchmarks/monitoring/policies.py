"""When the loop trains anew on real data, and what it brings: its own rules, models fitted in this process.

    CAUSEWAY_REPLAYS=FOLDER python benchmarks/monitoring/policies.py [elec] [weather] [--only POLICY]

The same data and policies as `replays.py`, which has everything of the product take part and takes an hour
where this takes minutes. What is the product's here: when quality is a decay, which window is learnt from,
whether what comes out is better, when the loop stops. Models are scikit-learn's
HistGradientBoostingClassifier (60 trees of depth 3), fitted on all rows of their window; what was measured is
that of a model of the window's first four fifths on the rest.
"""

import argparse
import csv
import math
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from causeway.assess.loop import compared, gate
from causeway.assess.quality_promise import QualityPromise
from causeway.assess.quality_usual import Spell
from causeway.assess.quality_watch import quality_of, spells_of
from causeway.assess.windows import Window, backtest, chosen, read_windows, split_of
from causeway.stats.binned import binned
from causeway.stats.binned_metrics import Measured, metric_of
from causeway.stats.delays import delays_of
from causeway.stats.quality import METRICS
from causeway.stats.quality_form import QualityWindow

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

DAY_US = 86_400_000_000
HELD_OUT = 0.2
COOLDOWN_DAYS = 14
STOPS_AFTER = 6
JUDGED, LEAST = 500, 200
POLICIES = ("none", "monthly", "loop")


class Data(Struct, frozen=True):
    """A file, its column of outcomes, rows a day, rows that train first, days until outcomes, days a look."""

    file: str
    target: str
    a_day: int
    first: int
    delay: int
    look: int
    windows: str
    block: int
    """Days over which the AUC is taken at the end."""


DATA = {
    "elec": Data("elec2/elec.csv", "class", 48, 48 * 90, 7, 1, "all, 90d, 30d", 28),
    "weather": Data("weather/weather.csv", "target", 1, 3650, 1, 28, "all, 730d", 365),
}


class Release(Struct):
    """A model, up to which row it learnt, what was measured of it, and the windows that it answered."""

    model: HistGradientBoostingClassifier
    name: str
    learnt: int
    measured: Measured
    windows: list[QualityWindow] = []


class Course:
    """One policy on one data set."""

    def __init__(self, data: Data, x: Floats, y: Floats) -> None:
        self.data, self.x, self.y = data, x, y
        self.at = np.arange(len(y)) * (DAY_US // data.a_day)
        self.live = self.fitted(np.arange(data.first), "r0")
        self.answers = np.full(len(y), np.nan)
        self.before: list[Spell] = []
        self.trained = self.promoted = self.fruitless = self.acted = 0
        self.last = -math.inf
        self.told: list[str] = []

    def fitted(self, rows: Places, name: str) -> Release:
        """A release of these rows."""
        cut = int(len(rows) * (1 - HELD_OUT))
        tried = self.model(rows[:cut])
        rest = rows[cut:]
        window = self.window(rest, tried.predict_proba(self.x[rest])[:, 1], name)
        seen = metric_of(window, "roc_auc")
        if seen is None:
            sys.exit("the first rows hold one class only")
        return Release(self.model(rows), name, int(rows[-1]) + 1, seen)

    def model(self, rows: Places) -> HistGradientBoostingClassifier:
        """A model fitted on these rows."""
        made = HistGradientBoostingClassifier(max_iter=60, max_depth=3, random_state=0)
        return made.fit(self.x[rows], self.y[rows])

    def asked(self, model: HistGradientBoostingClassifier, rows: Places) -> Floats:
        """What a model answers to these rows."""
        return model.predict_proba(self.x[rows])[:, 1]

    def window(self, rows: Places, scores: Floats, release: str) -> QualityWindow:
        """These rows' answers beside what came of them."""
        first = int(self.at[rows[0]]) // DAY_US * DAY_US
        return QualityWindow(
            first,
            first + max(DAY_US, (len(rows) // self.data.a_day) * DAY_US),
            release,
            "champion",
            answered=len(rows),
            labelled=len(rows),
            scores=binned(scores, self.y[rows]),
            delays=delays_of(np.full(len(rows), self.data.delay * 86_400.0)),
        )

    def run(self, policy: str) -> None:
        """Every look, from the first row that did not train."""
        step = self.data.look * self.data.a_day
        for begin in range(self.data.first, len(self.y), step):
            rows = np.arange(begin, min(begin + step, len(self.y)))
            self.answers[rows] = self.asked(self.live.model, rows)
            self.live.windows.append(self.window(rows, self.answers[rows], self.live.name))
            end = int(rows[-1]) + 1
            if policy == "monthly" and end // (30 * self.data.a_day) > begin // (30 * self.data.a_day):
                self.train(end, by_calendar=True)
            elif policy == "loop" and self.has_decayed(end):
                self.acted += 1
                if end / self.data.a_day - self.last >= COOLDOWN_DAYS and self.fruitless < STOPS_AFTER:
                    self.train(end)

    def has_decayed(self, end: int) -> bool:
        """Whether what is known by now says that something should be done."""
        seen = self.live.measured
        promise = QualityPromise(
            self.live.name,
            "binary",
            "roc_auc",
            seen.value,
            seen.low,
            seen.high,
            seen.rows,
            delay_hours=24.0 * self.data.delay,
        )
        now = end * DAY_US // self.data.a_day
        sights = quality_of(self.live.windows, promise=promise, now_us=now, before=self.before)
        return any(each.watches == "quality" and each.verdict == "act" for each in sights)

    def train(self, end: int, *, by_calendar: bool = False) -> None:
        """Trains anew, and lets what comes out answer if it is better; always, by the calendar."""
        known = end - self.data.delay * self.data.a_day
        self.trained += 1
        self.last = end / self.data.a_day
        if by_calendar:
            self.replace(self.fitted(np.arange(known), f"r{self.trained}"))
            return
        split = split_of(self.at[self.data.first : known], judged=JUDGED, least=LEAST)
        if split is None:
            self.trained -= 1
            return
        until = max(int(np.searchsorted(self.at, split.until)), self.live.learnt)
        judges = np.arange(until, known)
        window = self.chosen(until, judged=int(np.searchsorted(self.at, split.until - split.since)))
        weights = window.weights(self.at[:until], int(self.at[until]))
        new = self.fitted(np.flatnonzero(weights > 0), f"r{self.trained}")
        new.learnt = until
        seen = compared(
            self.live.name,
            "roc_auc",
            self.y[judges],
            new=self.asked(new.model, judges),
            old=self.asked(self.live.model, judges),
        )
        said = gate(seen)
        day = (end - self.data.first) // self.data.a_day
        self.told.append(f"day {day}, {window.name}: {'promoted' if said.passes else 'not better'}")
        if said.passes:
            self.promoted += 1
            self.fruitless = 0
            self.replace(new)
        else:
            self.fruitless += 1

    def chosen(self, until: int, *, judged: int) -> Window:
        """The window whose model does best on the rows before those that judge."""
        windows = read_windows(self.data.windows)

        def fit(weights: Floats):  # noqa: ANN202 - what answers
            model = self.model(np.flatnonzero(weights > 0))
            return lambda rows: self.asked(model, rows)

        tries = backtest(
            windows,
            self.at[:until],
            self.y[:until],
            fit,
            metric="roc_auc",
            until=int(self.at[until]),
            judged=judged,
        )
        best, _ = chosen(tries, metric="roc_auc")
        return next(each for each in windows if best is None or each.name == best.window)

    def replace(self, new: Release) -> None:
        """Another release answers from now on."""
        seen = self.live.measured
        promise = QualityPromise(self.live.name, "binary", "roc_auc", seen.value)
        self.before += spells_of(self.live.windows, promise)
        self.live = new

    def blocks(self) -> Iterator[float]:
        """The AUC of whatever answered, block by block."""
        size = self.data.block * self.data.a_day
        for begin in range(self.data.first, len(self.y), size):
            rows = np.arange(begin, min(begin + size, len(self.y)))
            if len(rows) > size / 2:
                yield METRICS["roc_auc"].of(self.y[rows], self.answers[rows])


def main() -> None:
    """Prints one line a policy."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="*", choices=[*DATA, []], help=", ".join(DATA))
    parser.add_argument("--only", choices=POLICIES, action="append")
    asked = parser.parse_args()
    source = os.environ.get("CAUSEWAY_REPLAYS")
    if not source:
        sys.exit("set CAUSEWAY_REPLAYS to the folder that holds elec2/ and weather/")
    for name in asked.data or DATA:
        with (Path(source) / DATA[name].file).open() as file:
            rows = list(csv.DictReader(file))
        target = DATA[name].target
        x = np.array([[float(row[each]) for each in row if each != target] for row in rows])
        y = np.array([float(row[target]) for row in rows])
        for policy in asked.only or POLICIES:
            began = time.process_time()
            course = Course(DATA[name], x, y)
            course.run(policy)
            blocks = list(course.blocks())
            print(
                f"{name:8} {policy:8} {course.trained:>3} trained, {course.promoted} promoted, "
                f"{course.acted} looks said act; {DATA[name].block}-day blocks: worst {min(blocks):.3f}, "
                f"mean {np.mean(blocks):.3f}; {time.process_time() - began:.0f} CPU-s",
                *course.told,
                sep="\n         ",
                flush=True,
            )


if __name__ == "__main__":
    main()
