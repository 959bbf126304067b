"""What answers brought by day: values with outcomes, by prediction or by entity, corrected by later words."""

import sys
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

import traffic

import shipyard
from causeway.actions import told
from causeway.actions.compact import compact
from causeway.actions.decide import product_state
from causeway.actions.label import Columns, label
from causeway.actions.measure.received import Sent, receive
from causeway.actions.routes import promise
from causeway.actions.seal import seal
from causeway.actions.watch.business import kpi_of
from causeway.actions.watch.watch import watch
from causeway.core.records import Record, frame
from causeway.core.watching import ACT, OK

DAY = timedelta(days=1)
START = shipyard.NOON
ARMS = ("champion", "champion", "champion", "canary", "shadow", "holdout")
MORE = """
[kpi]
name = "margin"
family = "margin"
unit = "EUR"
baseline = 10.0
target = 12.0
[value]
per = "{per}"
horizon_days = {horizon}
[serving]
entity = "customer"
{more}
"""
KEPT = """
[evaluation]
outcome_days = 1.0
[[monitors]]
name = "margin kept"
watches = "kpi"
threshold = 10.0
"""


@pytest.fixture(autouse=True)
def _own_keys(tmp_path, monkeypatch):
    monkeypatch.setenv("CAUSEWAY_KEYS", str(tmp_path / "keys"))
    monkeypatch.delenv("CAUSEWAY_LEDGER", raising=False)


def live(folder, *, per="mean", horizon=3.0, more=""):
    return traffic.live(folder, more=MORE.format(per=per, horizon=horizon, more=more))


def recorded(folder, release, rows, *, number=1):
    """The gateway's log of rows (customer, when, arm, consumer), sealed; their ids."""
    logs = folder / ".causeway" / "records" / "churn"
    logs.mkdir(parents=True, exist_ok=True)
    records = []
    for place, (customer, at, arm, consumer) in enumerate(rows):
        name = str(UUID(int=number * 10**9 + place))
        inputs = {"tenure": place % 70, "customer": customer}
        at_ns = round(at.timestamp() * 1e6) * 1000
        said = {"label": "No", "probability": 0.3}
        records.append(
            Record(name, at_ns, "churn", release, arm, consumer, inputs, said, 900, (), f"r-{name}")
        )
    (logs / f"20260504T12{number:02d}00Z-1-1.log").write_bytes(b"".join(map(frame, records)))
    work = shipyard.workspace(folder)
    seal(work, "churn")
    work.ledger.close()
    return [each.id for each in records]


class Story:
    """Everything that is told of a product, and what of it counts by the words of the documentation."""

    def __init__(self, folder, *, names=str):
        self.folder, self.names, self.at = folder, names, START
        self.labels, self.sent, self.entities = {}, defaultdict(dict), {}

    def label(self, values, *, at):
        file = self.folder / "outcomes.csv"
        file.write_text("\n".join(["id,outcome,kpi", *(f"{id_},x,{value}" for id_, value in values.items())]))
        self._do(at, lambda work: label(work, "churn", file, columns=Columns(kpi="kpi")))
        self.labels |= values
        for id_ in values:
            self.sent.pop(id_, None)

    def post(self, values, *, at, key=""):
        rows = [
            Sent("kpi", value, prediction=id_, key=f"{key}{id_}" if key else "")
            for id_, value in values.items()
        ]
        self._do(at, lambda work: receive(work, "churn", rows, channel="post"))
        for id_, value in values.items():
            self.labels.pop(id_, None)
            self.sent[id_][key] = value

    def tell(self, values, *, at, key=""):
        """Of entities at moments."""
        rows = [
            Sent(
                "kpi", value, unit=self.names(customer), at=when, key=f"{key}{customer}{when}" if key else ""
            )
            for (customer, when), value in values.items()
        ]
        # a guardrail's or a case's minutes are no value of the measure
        rows.append(Sent("minutes", 4.0, unit=self.names(rows[0].unit), at=rows[0].at))
        self._do(at, lambda work: receive(work, "churn", rows, channel="post"))
        self.entities |= {(*about, key): value for about, value in values.items()}

    def _do(self, at, what):
        assert at > self.at
        self.at = at
        work = shipyard.workspace(self.folder, at=at)
        what(work)
        work.ledger.close()

    def days(self, rows, ids, *, per, horizon, nought_until=None):
        """The days recomputed by hand: predictions, units, their mean and spread."""
        answered = [
            (at, place)
            for place, (_, at, arm, consumer) in enumerate(rows)
            if arm not in ("holdout", "shadow") and consumer != "rehearsal"
        ]
        counted = {place for _, place in answered if rows[place][2] != "canary"}
        found = defaultdict(lambda: defaultdict(list))
        own = [(id_, [value]) for id_, value in self.labels.items()]
        own += [(id_, list(values.values())) for id_, values in self.sent.items()]
        brought = [(ids.index(id_), value) for id_, values in own for value in values]
        for (customer, when, _), value in self.entities.items():
            before = [(at, place) for at, place in answered if rows[place][0] == customer and at <= when]
            if before and when < max(before)[0] + horizon * DAY:
                brought.append((max(before)[1], value))
        for place, value in brought:
            if place in counted:
                customer, at, *_ = rows[place]
                found[at.date()][customer].append(value)
        said = {}
        for day in sorted({rows[place][1].date() for place in counted}):
            theirs = [rows[place] for place in counted if rows[place][1].date() == day]
            come = {"mean": np.mean, "sum": np.sum, "any": lambda its: float(np.any(np.array(its) != 0))}[per]
            values = [come(its) for its in found[day].values()]
            if nought_until and day <= nought_until:
                values += [0.0] * (len({each[0] for each in theirs}) - len(values))
            spread = float(np.sum((np.array(values) - np.mean(values)) ** 2)) if values else 0.0
            said[day] = len(theirs), len(values), float(np.mean(values)) if values else 0.0, spread
        return said


def rows_of(seed, *, count=400, customers=60, days=8, names=str):
    """Rows of customers who come again, some of them held out, tried on or rehearsed."""
    rng = np.random.default_rng(seed)
    times = np.sort(rng.uniform(0, days, count))
    return [
        (names(rng.integers(customers)), START + float(at) * DAY, str(rng.choice(ARMS)), str(consumer))
        for at, consumer in zip(times, rng.choice(["web", "web", "rehearsal"], count), strict=True)
    ]


def everything(story, rows, ids, seed):
    """Labels, values by id with and without keys, values by entity; then other words for some of them."""
    rng, now = np.random.default_rng(seed), START + 10 * DAY

    def some(share):
        return {id_: round(float(rng.normal(10, 3)), 3) for id_ in ids if rng.random() < share}

    def moments(share):
        return {
            (customer, at + float(rng.uniform(0, 4)) * DAY): round(float(rng.normal(10, 3)), 3)
            for customer, at, *_ in rows
            if rng.random() < share
        }

    story.label(some(0.3), at=now)
    story.post(some(0.3), at=now + timedelta(hours=1))
    story.post(some(0.1), at=now + timedelta(hours=2), key="order-")
    first = moments(0.3) | {(rows[0][0], rows[0][1]): 7.0}
    story.tell(first, at=now + timedelta(hours=3))
    story.label(some(0.1), at=now + timedelta(hours=4))
    story.tell({each: value + 1 for each, value in list(first.items())[::3]}, at=now + timedelta(hours=5))
    story.tell(moments(0.1), at=now + timedelta(hours=6), key="k")
    story.post(some(0.1), at=now + timedelta(hours=7), key="order-")
    story.post(some(0.1), at=now + timedelta(hours=8))


def kpi(folder, now):
    work = shipyard.workspace(folder, at=now)
    state = product_state(work, "churn")
    found = kpi_of(work, state, promise(work, state), work.ledger.read("churn"), now=now)
    work.ledger.close()
    return found


def days_of(found):
    return {
        datetime.fromtimestamp(each.day * 86_400, UTC).date(): (
            each.predictions,
            each.sums.rows,
            each.sums.mean,
            each.sums.spread,
        )
        for each in found.days
    }


@pytest.mark.parametrize(
    ("per", "names", "compacts"),
    [("mean", str, False), ("mean", int, True), ("sum", str, True), ("any", int, False)],
)
def test_the_days_are_those_of_a_plain_count_whichever_way_values_came(tmp_path, per, names, compacts):
    folder = tmp_path / "churn"
    release = live(folder, per=per)
    rows = rows_of(3, names=names)
    # in two pieces: a value may be of a row in another
    ids = recorded(folder, release, rows[:150])
    ids += recorded(folder, release, rows[150:], number=2)
    story = Story(folder)
    everything(story, rows, ids, 4)
    now = START + 10.5 * DAY
    if compacts:
        work = shipyard.workspace(folder, at=START + 16 * DAY)
        compact(work, "churn")
        work.ledger.close()
    found = kpi(folder, now)
    # of sums a day is known for good three days later, and who brought nothing until then brought 0
    last = None if per == "mean" else (now - 4 * DAY).date()
    expected = story.days(rows, ids, per=per, horizon=3.0, nought_until=last)
    seen = days_of(found)
    assert seen.keys() == expected.keys()
    for day, numbers in expected.items():
        assert seen[day] == pytest.approx(numbers), day
    assert sum(each[1] for each in expected.values()) > 80
    assert (found.mature_days == 3.0) is (per != "mean")


def test_a_value_by_entity_is_of_the_last_answered_row_until_then_and_of_none_long_after(tmp_path):
    folder = tmp_path / "churn"
    release = live(folder, horizon=2.0)
    hours = [
        ("a", 0, "champion"),
        ("a", 30, "holdout"),
        ("a", 40, "shadow"),
        ("a", 50, "canary"),
        ("b", 30, "champion"),
    ]
    recorded(folder, release, [(who, START + timedelta(hours=at), arm, "web") for who, at, arm in hours])
    story = Story(folder)
    values = {
        ("a", 0): 1.0,
        ("a", 45): 2.0,
        ("a", 49): 100.0,
        ("a", 51): 100.0,
        ("b", 29): 100.0,
        ("c", 60): 100.0,
    }
    story.tell(
        {(who, START + timedelta(hours=at)): value for (who, at), value in values.items()}, at=START + 4 * DAY
    )
    first, second = kpi(folder, START + 5 * DAY).days
    # what came of the holdout, of the canary, before the first row and too late is nobody's here
    assert (first.predictions, first.sums.rows, first.sums.mean) == (1, 1, 1.5)
    assert (second.predictions, second.sums.rows) == (1, 0)


def test_what_is_too_old_to_be_of_any_row_is_not_read_and_changes_nothing(tmp_path, monkeypatch):
    folder = tmp_path / "churn"
    release = live(folder)
    rows = [(f"c{i % 9}", START + timedelta(hours=2 * i), "champion", "web") for i in range(240)]
    ids, story, rng = [], Story(folder), np.random.default_rng(2)
    for day in range(20):
        ids += recorded(folder, release, rows[12 * day : 12 * day + 12], number=day + 1)
        values = iter(rng.normal(10, 3, 24).round(3).tolist())
        mine, at = range(12 * day, 12 * day + 12), START + (day + 1) * DAY
        story.label({ids[i]: next(values) for i in mine if i % 3 == 0}, at=at)
        story.post({ids[i]: next(values) for i in mine if i % 2 == 0}, at=at + timedelta(hours=1))
        by_entity = {rows[i][:2]: next(values) for i in mine if i % 2}
        story.tell(by_entity, at=at + timedelta(hours=2))
        story.tell({about: next(values) for about in list(by_entity)[::2]}, at=at + timedelta(hours=3))
    now, sources = START + 73 * DAY, []
    plain = told.segment_source
    monkeypatch.setattr(told, "segment_source", lambda *each: sources.append(each) or plain(*each))
    expected = story.days(rows, ids, per="mean", horizon=3.0)
    seen = days_of(kpi(folder, now))
    since = (now - 63 * DAY).date()
    assert {day: numbers for day, numbers in seen.items() if day > since} == {
        day: pytest.approx(numbers) for day, numbers in expected.items() if day > since
    }
    # of 20 days with four segments each
    assert 40 <= len(sources) < 60


def test_how_long_values_take_is_learnt_from_when_they_were_told(tmp_path):
    folder = tmp_path / "churn"
    release = live(folder)
    rows = [(f"c{i}", START + timedelta(hours=i % 96), "champion", "web") for i in range(480)]
    recorded(folder, release, rows)
    story = Story(folder)
    for hour in range(0, 96, 12):
        values = {
            (who, at): 1.0
            for who, at, *_ in rows
            if START + timedelta(hours=hour) <= at < START + timedelta(hours=hour + 12)
        }
        story.tell(values, at=START + timedelta(hours=hour) + 2 * DAY)
    found = kpi(folder, START + 9 * DAY)
    # each is told 36 to 48 hours after its row; delays are counted to an eighth of a doubling
    assert 1.9 < found.mature_days < 2.0 * 2**0.125


def test_a_breach_in_values_that_were_sent_is_told_and_only_then(tmp_path):
    folder = tmp_path / "churn"
    release = live(folder, more=KEPT)
    rows = [(f"c{i}", START + timedelta(minutes=10 * i), "champion", "web") for i in range(3000)]
    ids = recorded(folder, release, rows)
    rng, story, now = np.random.default_rng(8), Story(folder), START + 23 * DAY
    margins = rng.normal(12, 2, len(rows))
    story.post({id_: float(value) for id_, value in zip(ids[::2], margins[::2], strict=True)}, at=now)
    by_entity = {rows[i][:2]: float(margins[i]) for i in range(1, len(rows), 2)}
    story.tell(by_entity, at=now + timedelta(hours=1))
    assert seen(folder, now + timedelta(hours=2)).verdict == OK
    # corrected: in the last week they bring less
    worse = {about: value - 4 for about, value in by_entity.items() if about[1] > START + 13 * DAY}
    story.tell(worse, at=now + timedelta(hours=3))
    half = seen(folder, now + timedelta(hours=4))
    assert (half.verdict, half.value) == (OK, pytest.approx(10, abs=0.3))
    story.post(
        {id_: float(margins[2 * at] - 4) for at, id_ in enumerate(ids[::2])}, at=now + timedelta(hours=5)
    )
    sight = seen(folder, now + timedelta(hours=6))
    assert (sight.verdict, sight.monitor) == (ACT, "margin kept")
    assert sight.value == pytest.approx(8, abs=0.2)


def seen(folder, at):
    work = shipyard.workspace(folder, at=at)
    try:
        return next(each for each in watch(work, "churn").sights if each.watches == "kpi")
    finally:
        work.ledger.close()
