from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from causeway.core.errors import OutsideError
from causeway.core.events import (
    GENESIS,
    AnyFact,
    Body,
    Event,
    FindingWaived,
    KeyIssued,
    KeyRevoked,
    OutcomesLabelled,
    ProductDeclared,
    ReleaseMade,
    RunFinished,
    RunStarted,
    SegmentSealed,
    StageFinished,
    TrafficRouted,
    seal,
)
from causeway.views.product import fold

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def chain(*facts: AnyFact, minutes: int = 1) -> list[Event]:
    events: list[Event] = []
    prev = GENESIS
    for number, fact in enumerate(facts, start=1):
        at = NOON + timedelta(minutes=minutes * number)
        event = seal(Body(product="churn", seq=number, at=at, actor="a1", prev=prev, fact=fact))
        events.append(event)
        prev = event.hash
    return events


def routed(**shares: int) -> TrafficRouted:
    return TrafficRouted(shares=shares, reason="ship", stage="sandbox")


digests = st.sampled_from(["r1", "r2", "r3"])
names = st.sampled_from(["k1", "k2"])
small = st.integers(min_value=0, max_value=9)
FACTS = st.one_of(
    st.builds(ProductDeclared, manifest=digests, stage=st.sampled_from(["sandbox", "pilot"])),
    st.builds(RunStarted, run=names, inputs=digests),
    st.builds(StageFinished, run=names, stage=names, key=digests, result=digests, seconds=st.just(1.0)),
    st.builds(RunFinished, run=names, status=st.sampled_from(["made", "failed"])),
    st.builds(ReleaseMade, release=digests, run=names, key_id=st.just("s")),
    st.builds(FindingWaived, code=names, because=st.just("so"), release=st.sampled_from(["", "r1"])),
    st.builds(TrafficRouted, shares=st.dictionaries(digests, small), reason=names, stage=names, undoes=small),
    st.builds(KeyIssued, key=names, digest=digests, consumer=names),
    st.builds(KeyRevoked, key=names),
    st.builds(SegmentSealed, segment=digests, stream=names, path=names, rows=small),
    st.builds(OutcomesLabelled, segment=digests, rows=small, joined=small, unmatched=small, duplicates=small),
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(FACTS, max_size=25), st.integers(min_value=0, max_value=25))
def test_a_fold_of_a_beginning_and_then_the_rest_is_the_fold_of_all(facts, cut):
    events = chain(*facts)
    beginning = fold(events[:cut])
    assert fold(events[cut:], after=beginning) == fold(events)
    assert beginning == fold(events[:cut]), "folding on must leave the earlier state as it was"


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(FACTS, max_size=15), st.integers(min_value=0, max_value=15))
def test_as_of_a_moment_is_the_fold_of_what_had_happened_by_then(facts, minutes):
    events = chain(*facts)
    then = NOON + timedelta(minutes=minutes, seconds=30)
    assert fold(events, as_of=then) == fold([event for event in events if event.body.at <= then])


@given(st.lists(FACTS, min_size=2, max_size=6), st.randoms())
def test_events_out_of_order_are_refused(facts, random):
    events = chain(*facts)
    shuffled = list(events)
    random.shuffle(shuffled)
    if shuffled == events:
        shuffled.reverse()
    with pytest.raises(OutsideError, match="cannot follow"):
        fold(shuffled)


def test_events_of_another_product_are_refused():
    other = seal(Body(product="house", seq=2, at=NOON, actor="a", prev=GENESIS, fact=RunStarted("r", "i")))
    with pytest.raises(OutsideError, match="event 2 of house cannot follow event 1 of churn"):
        fold([*chain(RunStarted("r", "i")), other])


def test_nothing_is_live_before_anything_was_routed():
    state = fold(chain(ProductDeclared(manifest="m", stage="sandbox")))
    assert (state.stage, state.shares, state.latest, state.seq) == ("sandbox", {}, None, 1)


def test_a_step_back_takes_the_last_step_forward_away_and_never_returns_to_it():
    steps = [routed(r1=100), routed(r2=100)]
    assert fold(chain(*steps)).before == {"r1": 100}
    back = TrafficRouted(shares={"r1": 100}, reason="roll back", stage="sandbox", undoes=2)
    state = fold(chain(*steps, back))
    assert (state.shares, state.before, len(state.undoable)) == ({"r1": 100}, {}, 1)
    state = fold(chain(*steps, back, TrafficRouted(shares={}, reason="back", stage="sandbox", undoes=1)))
    assert (state.shares, state.undoable) == ({}, [])
    assert len(state.routings) == 4


def test_the_latest_release_is_the_one_made_last_even_if_it_was_made_before():
    made = [ReleaseMade(release=name, run=name, key_id="s") for name in ("r1", "r2", "r1")]
    state = fold(chain(*made))
    assert state.latest is not None
    assert (state.latest.release, state.latest.seq, list(state.releases)) == ("r1", 3, ["r2", "r1"])


def test_a_revoked_key_stays_in_sight_and_opens_nothing():
    state = fold(chain(KeyIssued("k1", "d", "web"), KeyIssued("k2", "d", "app"), KeyRevoked("k1")))
    assert [key.key for key in state.active_keys] == ["k2"]
    assert state.keys["k1"].revoked_at == NOON + timedelta(minutes=3)


def test_revoking_a_key_that_never_was_changes_nothing():
    assert fold(chain(KeyRevoked("k9"))).keys == {}


def test_a_waiver_holds_for_its_release_until_it_ends():
    until = NOON + timedelta(hours=1)
    state = fold(chain(FindingWaived("NO-SKILL", "demo", until=until, release="r1")))
    assert [w.actor for w in state.waivers_for("r1", at=NOON)] == ["a1"]
    assert state.waivers_for("r2", at=NOON) == []
    assert state.waivers_for("r1", at=until) == []


def test_a_run_is_open_until_it_says_otherwise():
    stage = StageFinished(run="n1", stage="train", key="k", result="d", seconds=1)
    state = fold(chain(RunStarted("n1", "i"), stage))
    assert (state.runs["n1"].status, state.runs["n1"].stages) == ("open", ("train",))
    assert state.runs["n1"].heard_at == NOON + timedelta(minutes=2)
    done = RunFinished(run="n1", status="failed", reason="no network", code="outside")
    state = fold(chain(RunStarted("n1", "i"), stage, done))
    assert (state.runs["n1"].status, state.runs["n1"].reason) == ("failed", "no network")


def test_segments_and_outcomes_are_counted():
    state = fold(
        chain(
            SegmentSealed("d1", "predictions", "p", 10),
            SegmentSealed("d2", "predictions", "p", 5),
            SegmentSealed("d3", "outcomes", "o", 7),
            OutcomesLabelled("d3", rows=7, joined=6, unmatched=1, duplicates=0),
            OutcomesLabelled("d3", rows=2, joined=2, unmatched=0, duplicates=1),
        )
    )
    assert (state.rows_sealed("predictions"), state.rows_sealed("outcomes")) == (15, 7)
    assert (state.outcomes.rows, state.outcomes.joined, state.outcomes.duplicates) == (9, 8, 1)
