"""The knee, what the peak needs, and the checks that rest on it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from causeway.assess.capacity import Target, cpu_of, doubts, holds, knee_of, need_of
from causeway.assess.catalogue import catalogue
from causeway.assess.evidence import Facts
from causeway.assess.rates import bundled_rates
from causeway.assess.readiness import answer
from causeway.assess.verdict import How
from causeway.core.proofs import LoadMeasured, LoadStep
from causeway.views.proofs import Loaded

TARGET = Target(latency_ms=50, availability=0.99)
RATES = bundled_rates()
AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
RELEASE = "sha256:" + "1" * 64


def step(rate, *, p99=5.0, errors=0, answered=None, cpu=0.4, limit=""):
    good = rate if answered is None else answered
    return LoadStep(rate, good, int(rate * 3), errors, 1.0, p99, cpu, limit=limit)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([step(100), step(200), step(400)], (400, 0)),
        ([step(100), step(200, p99=51), step(400)], (100, 200)),
        ([step(400, answered=300), step(100), step(200)], (200, 400)),
        ([step(100), step(200, errors=7)], (100, 200)),
        ([step(100), step(200, errors=6)], (200, 0)),
        ([step(100, p99=500)], (0, 100)),
        ([], (0, 0)),
    ],
)
def test_the_knee_lies_below_the_first_rate_that_breaks_the_promise(steps, expected):
    knee = knee_of(steps, TARGET)
    assert (knee.at, knee.above) == expected


def test_what_else_broke_it_is_said_with_the_knee():
    steps = [step(100), step(200, p99=90, limit="generator")]
    assert knee_of(steps, TARGET).limit == "generator"
    assert "could not keep up" in " ".join(doubts(steps))
    assert "fewer than 200" in " ".join(doubts([step(10)]))


def test_the_peak_holds_only_where_nothing_below_it_broke():
    assert holds([step(100), step(200)], TARGET, peak=150)
    assert not holds([step(100), step(200, p99=80)], TARGET, peak=150)
    assert not holds([step(100)], TARGET, peak=150)


def test_processes_and_cost_of_the_peak_come_with_their_interval():
    steps = [step(100, cpu=0.5), step(200, cpu=0.4), step(400, p99=90, cpu=9.0)]
    assert cpu_of(steps, TARGET) == (0.4, 0.5, 0.5)
    need = need_of(steps, TARGET, peak=1000, workers=2, rates=RATES, currency="EUR")
    # 100 to 200 a second and process; 120 where one stays below the knee
    assert need.workers == (5, 10, 17)
    assert (need.processors.low, need.processors.value, need.processors.high) == (0.4, 0.5, 0.5)
    assert need.servers[0] <= need.servers[1] <= need.servers[2]
    assert 0 < need.cost.low < need.cost.value < need.cost.high
    assert (need.cost.unit, need.cost.period) == ("EUR", "month")
    assert need_of([step(100, p99=90)], TARGET, peak=10, workers=1, rates=RATES) is None


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(1, 1e4), st.floats(0.1, 100)), min_size=1, max_size=8),
    st.floats(1, 1e5),
    st.integers(1, 16),
)
def test_an_interval_is_in_order_whatever_was_measured(seen, peak, workers):
    steps = [step(rate, p99=p99) for rate, p99 in seen]
    need = need_of(steps, TARGET, peak=peak, workers=workers, rates=RATES)
    if need is not None:
        assert 1 <= need.workers[0] <= need.workers[1] <= need.workers[2]
        assert need.cost.low <= need.cost.value <= need.cost.high


MEASURED = LoadMeasured(
    shares={RELEASE: 100},
    peak=150,
    latency_ms=50,
    availability=0.99,
    steps=(step(100), step(200)),
    knee=200,
    holds=True,
    needed=(1, 1, 2),
    cpu_seconds=0.4,
    cost=30,
    cost_low=20,
    cost_high=60,
    currency="EUR",
    rates="2026-01",
)
CHECKS = {check.id: check for check in catalogue()}


def facts(*, days=1, **changes):
    fact = structs.replace(MEASURED, **changes)
    return Facts(at=AT, loaded=Loaded(fact, AT - timedelta(days=days)))


@pytest.mark.parametrize(
    ("check", "known", "expected", "words"),
    [
        ("DEP-5", Facts(at=AT), (0, How.NONE), "nobody tried"),
        ("DEP-5", facts(days=100), (0, How.NONE), "nobody tried"),
        ("DEP-5", facts(), (1, How.VERIFIED), "200 requests a second with p99 5 ms (promised 50), 0 of 600"),
        ("DEP-5", facts(holds=False), (0, How.VERIFIED), "does not hold"),
        ("DEP-5", facts(holds=False, knee=0, needed=(0, 0, 0)), (0, How.VERIFIED), "no rate held"),
        ("DEP-5", facts(holds=False, limit="generator"), (0, How.NONE), "the generator was the limit"),
        ("CST-6", Facts(at=AT), (0, How.NONE), "nobody measured"),
        ("CST-6", facts(), (1, How.VERIFIED), "20 to 60 EUR a month for 150"),
        ("CST-6", facts(rates=""), (0, How.NONE), "at no rate"),
    ],
)
def test_the_checks_on_the_peak(check, known, expected, words):
    found = answer(CHECKS[check], None, known)
    assert (found.grade, found.how) == expected
    assert words in found.evidence + found.why
    assert bool(found.remedy.words) == (found.grade < 1)
