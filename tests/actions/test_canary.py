"""A release on trial, from ship --canary to its end, by what the records say."""

import json
from datetime import timedelta
from uuid import UUID

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner

import shipyard
from causeway.actions.canary import Lookout, hold, promote
from causeway.actions.decide import product_state
from causeway.actions.label import label
from causeway.actions.roll import roll_back
from causeway.actions.routes import current_routes
from causeway.actions.seal import seal
from causeway.actions.ship import Trial, ship
from causeway.actions.tick import tick
from causeway.cli.main import main
from causeway.core.canary import CanaryJudged
from causeway.core.errors import Conflict, UsageError
from causeway.core.events import TrafficRouted
from causeway.core.ids import beside, short
from causeway.core.records import Failed, Record, frame
from causeway.core.release import Output, Signature

QUICK = '[canary]\nsteps = "25, 50"\nleast_minutes = 5\nleast_rows = 100\n'
SIGNATURE = Signature(
    shipyard.RELEASE.signature.inputs,
    tuple(Output(name, name, ("No", "Yes"), "Yes") for name in ("label", "probability")),
)


@pytest.fixture
def trial(folder):
    """A product with one release live and a second one on trial: folder, workspace, both releases."""
    shipyard.poc(folder, more=QUICK)
    first = shipyard.release(folder, signature=SIGNATURE)
    ship(shipyard.workspace(folder), folder, agree=lambda _: True)
    second = shipyard.release(folder, seed=b"second", signature=SIGNATURE)
    shipped = ship(shipyard.workspace(folder), folder, trial=Trial(), agree=lambda _: True)
    assert shipped.status == "on_trial"
    return folder, later(folder, minutes=0), first, second


def later(folder, *, minutes):
    return shipyard.workspace(folder, at=shipyard.NOON + timedelta(minutes=minutes))


def at_ns(minute):
    return int((shipyard.NOON.timestamp() + minute * 60) * 1e9)


def answered(folder, releases, *, minute=1.0, count=2000, chance=(0.25, 0.25), suffix="log", share=25):
    """Records of requests that were drawn to both releases, the second with this share."""
    generator = np.random.default_rng(round(abs(minute) * 100))
    logs = folder / ".causeway" / "records" / "churn"
    logs.mkdir(parents=True, exist_ok=True)
    records = []
    for i in range(count):
        mine = int(generator.random() < share / 100)
        value = float(np.clip(generator.normal(chance[mine], 0.1), 0, 1))
        arm, at = ("champion", "canary")[mine], at_ns(minute) + i * 1_000_000
        outputs = {"label": "No", "probability": value}
        name = str(UUID(int=at))
        records.append(
            Record(name, at, "churn", releases[mine], arm, "web", {"tenure": i}, outputs, 2000, (), name)
        )
    (logs / f"20260504T12{round(abs(minute)):02d}00Z-1-1.{suffix}").write_bytes(b"".join(map(frame, records)))
    return records


def look(work):
    lookout = Lookout(work)
    try:
        (seen,) = lookout.look()
    finally:
        lookout.close()
    return seen


def shares(work):
    return product_state(work, "churn").shares


def facts(work, kind):
    return [event.fact for event in work.ledger.read("churn") if isinstance(event.fact, kind)]


def test_a_trial_starts_on_its_first_step_with_what_decides_written_out(trial):
    _, work, first, second = trial
    state = product_state(work, "churn")
    assert state.shares == {first: 75, second: 25}
    assert (state.canary.steps, state.canary.percent, state.canary.limits.least_rows) == ((25, 50), 25, 100)
    served = current_routes(work).routes[0].served
    assert [(each.release, each.share) for each in served] == [(first, 75), (second, 25)]


def test_harm_is_taken_back_at_once_with_its_numbers_and_never_twice(trial):
    folder, work, first, second = trial
    answered(folder, (first, second), chance=(0.25, 0.6), suffix="open")
    seen = look(later(folder, minutes=2))
    assert (seen.judged.verdict, seen.written) == ("roll back", True)
    assert shares(work) == {first: 100}
    (judged,) = facts(work, CanaryJudged)
    harm = next(each for each in judged.criteria if each.verdict == "harm")
    assert harm.low > harm.margin == 0.1
    assert facts(work, TrafficRouted)[-1].undoes
    assert Lookout(work).look() == []
    assert [each.release for each in current_routes(work).routes[0].served] == [first]


def test_an_equal_release_goes_step_by_step_and_waits_for_outcomes_before_it_gets_everything(trial):
    folder, work, first, second = trial
    answered(folder, (first, second), count=8000)
    assert look(later(folder, minutes=2)).judged.verdict == "not enough yet"
    assert look(later(folder, minutes=6)).judged.verdict == "go on"
    assert shares(work) == {first: 50, second: 50}
    served = current_routes(work).routes[0].served
    assert [each.release for each in served] == [first, second]
    records = answered(folder, (first, second), minute=7, count=8000, share=50)
    assert look(later(folder, minutes=12)).judged.verdict == "hold"
    assert "no outcome is known" in product_state(work, "churn").canary.because
    seal(work, "churn")
    outcomes = folder / "outcomes.csv"
    generator = np.random.default_rng(9)
    told = [f"{each.id},{'Yes' if generator.random() < 0.25 else 'No'}" for each in records]
    outcomes.write_text("\n".join(["id,outcome", *told]))
    label(later(folder, minutes=13), "churn", outcomes)
    assert look(later(folder, minutes=14)).judged.verdict == "promote"
    assert shares(work) == {second: 100}
    assert product_state(work, "churn").canary is None
    # all steps are one step: back is the release of before, whole
    assert roll_back(folder).live == {first: 100}


def test_whoever_looks_next_finds_the_same_evidence_in_segments_and_logs(trial):
    folder, work, first, second = trial
    answered(folder, (first, second))
    lookout = Lookout(later(folder, minutes=2))
    (before,) = lookout.look()
    seal(work, "churn")
    answered(folder, (first, second), minute=3)
    (followed,) = lookout.look()
    # sealed between two looks: read anew
    answered(folder, (first, second), minute=4)
    seal(work, "churn")
    (anew,) = lookout.look()
    lookout.close()
    fresh = look(later(folder, minutes=2))
    assert before.judged.requests < followed.judged.requests < anew.judged.requests
    assert fresh.judged.requests == anew.judged.requests
    assert fresh.judged.criteria == anew.judged.criteria


def test_requests_that_the_canary_refuses_are_harm_although_no_record_tells_of_them(trial):
    folder, _, first, second = trial
    answered(folder, (first, first), count=300)
    failed = [Failed(at_ns(1) + i, short(second), 422, 10) for i in range(8)]
    file = folder / ".causeway" / "records" / "churn" / "1-1.failed"
    file.write_bytes(b"".join(msgspec.json.encode(each) + b"\n" for each in failed) + b"[1,")
    seen = look(later(folder, minutes=2))
    assert seen.judged.verdict == "roll back"
    assert seen.judged.because.startswith("errors 1.000 against 0.000")


def test_customers_who_ask_often_count_once_but_their_requests_are_what_is_refused(folder):
    shipyard.poc(folder, more=f'{QUICK}[serving]\nentity = "tenure"\n')
    first = shipyard.release(folder, signature=SIGNATURE)
    ship(shipyard.workspace(folder), folder, agree=lambda _: True)
    second = shipyard.release(folder, seed=b"second", signature=SIGNATURE)
    ship(shipyard.workspace(folder), folder, trial=Trial(), agree=lambda _: True)
    told = answered(folder, (first, second), count=1200)
    logs = folder / ".causeway" / "records" / "churn"
    again = [
        msgspec.structs.replace(
            each, id=f"{each.id}-{i}", request=f"{each.request}-{i}", at_ns=each.at_ns + i
        )
        for i in range(1, 3)
        for each in told
    ]
    (logs / "20260504T120500Z-2-1.log").write_bytes(b"".join(map(frame, again)))
    # one of them goes on asking for what nobody can answer
    failed = [Failed(at_ns(2), short(first), 422, 900)]
    (logs / "1-1.failed").write_bytes(b"".join(msgspec.json.encode(each) + b"\n" for each in failed))
    seen = look(later(folder, minutes=3)).judged
    mine = sum(each.release == second for each in told)
    found = {each.name: each for each in seen.criteria}
    assert (seen.requests, found["chance of Yes"].canary_units) == (3 * mine, mine)
    assert found["errors"].champion == pytest.approx(900 / (3 * (1200 - mine) + 900), abs=0.01)
    assert seen.verdict != "hold"


@pytest.mark.parametrize("whose", [0, 1], ids=["live", "canary"])
def test_a_release_that_is_gone_is_given_no_more_traffic_and_looked_for_again(trial, whose):
    folder, work, first, second = trial
    answered(folder, (first, second), count=8000)
    bundle = work.bundle((first, second)[whose])
    away = bundle.rename(folder / "away")
    lookout = Lookout(later(folder, minutes=6))
    for _ in range(2):
        (seen,) = lookout.look()
        assert (seen.written, short((first, second)[whose]) in seen.trouble) == (False, True)
    assert shares(work) == {first: 75, second: 25}
    away.rename(bundle)
    (seen,) = lookout.look()
    lookout.close()
    assert (seen.judged.verdict, seen.written) == ("go on", True)


def test_a_segment_that_cannot_be_read_for_a_moment_is_not_left_out_afterwards(trial):
    folder, work, first, second = trial
    answered(folder, (first, second))
    seal(work, "churn")
    answered(folder, (first, second), minute=3, count=100)
    (segment,) = (work.state / "segments").rglob("*.parquet")
    away = segment.rename(folder / "away")
    lookout = Lookout(later(folder, minutes=4))
    assert "segment" in lookout.look()[0].trouble
    away.rename(segment)
    (seen,) = lookout.look()
    lookout.close()
    assert seen.judged.requests == look(later(folder, minutes=4)).judged.requests > 400


def test_a_release_of_many_labels_is_judged_by_what_can_be_compared(folder):
    labels = Signature(SIGNATURE.inputs, (Output("label", "label", tuple(f"c{i}" for i in range(30))),))
    shipyard.poc(folder, more=QUICK)
    first = shipyard.release(folder, signature=labels)
    ship(shipyard.workspace(folder), folder, agree=lambda _: True)
    second = shipyard.release(folder, seed=b"second", signature=labels)
    ship(shipyard.workspace(folder), folder, trial=Trial(), agree=lambda _: True)
    answered(folder, (first, second))
    seen = look(later(folder, minutes=2)).judged
    assert seen.requests > 400
    assert [each.name for each in seen.criteria] == ["errors", "latency", "flagged"]


def test_rows_of_before_the_trial_and_of_the_holdout_do_not_count(trial):
    folder, _, first, second = trial
    answered(folder, (first, second), minute=-5)
    assert look(later(folder, minutes=2)).judged.requests == 0


def test_a_tick_judges_too_and_says_what_it_saw(trial):
    folder, work, first, second = trial
    ticked = tick(later(folder, minutes=1))
    assert [each.what for each in ticked.done] == ["canary"]
    assert "not enough yet (no request came to the canary)" in ticked.done[0].words
    late = tick(later(folder, minutes=73 * 60))
    assert "hold (after 72 hours not decided" in late.done[0].words
    assert shares(work) == {first: 75, second: 25}


def test_somebody_may_promote_hold_or_end_it(trial):
    folder, work, first, second = trial
    assert hold(folder).status == "held"
    assert hold(folder).status == "already_held"
    answered(folder, (first, second), count=8000)
    assert not look(later(folder, minutes=6)).written
    assert promote(folder).live == {second: 100}
    with pytest.raises(UsageError, match="no release on trial"):
        hold(folder)
    assert roll_back(folder).live == {first: 100}
    ship(later(folder, minutes=1), folder, release=second[7:19], trial=Trial(10), agree=lambda _: True)
    assert shares(work) == {first: 90, second: 10}
    assert roll_back(folder).live == {first: 100}
    assert product_state(work, "churn").canary is None


def test_shipping_at_once_ends_a_trial_and_back_is_the_release_of_before(trial):
    folder, work, first, second = trial
    assert ship(work, folder, agree=lambda _: True).live == {second: 100}
    assert product_state(work, "churn").canary is None
    assert roll_back(folder).live == {first: 100}


def test_a_held_canary_is_still_taken_back_when_it_harms(trial):
    folder, work, first, second = trial
    hold(folder)
    answered(folder, (first, second), chance=(0.25, 0.6))
    assert look(later(folder, minutes=2)).written
    assert shares(work) == {first: 100}


def test_a_shadow_is_asked_beside_and_gets_no_traffic(trial):
    folder, work, first, second = trial
    with pytest.raises(Conflict, match="on trial already"):
        ship(work, folder, trial=Trial(shadow=True), agree=lambda _: True)
    roll_back(folder)
    shipped = ship(work, folder, trial=Trial(shadow=True), agree=lambda _: True)
    assert (shipped.live, product_state(work, "churn").shadow) == ({first: 100}, (second,))
    assert [each.release for each in current_routes(work).routes[0].shadow] == [second]
    assert roll_back(folder).live == {first: 100}
    assert product_state(work, "churn").canary is None


def test_a_shadow_is_compared_pair_by_pair(trial):
    folder, work, first, second = trial
    roll_back(folder)
    ship(work, folder, trial=Trial(shadow=True), agree=lambda _: True)
    told = answered(folder, (first, second), count=400, share=0)
    beside_them = [
        msgspec.structs.replace(
            each,
            id=beside(each.id, second),
            release=second,
            arm="shadow",
            outputs={**each.outputs, "probability": min(1.0, each.outputs["probability"] + 0.05)},
        )
        for each in told
    ]
    logs = folder / ".causeway" / "records" / "churn"
    (logs / "20260504T120400Z-2-1.log").write_bytes(b"".join(map(frame, beside_them[:10])))
    seal(work, "churn")
    outcomes = folder / "outcomes.csv"
    outcomes.write_text("\n".join(["id,outcome", *(f"{each.id},No" for each in told)]))
    label(work, "churn", outcomes)
    lookout = Lookout(later(folder, minutes=6))
    lookout.look()
    # a shadow's records may be sealed after the outcomes of what it was asked beside came
    (logs / "20260504T120500Z-2-1.log").write_bytes(b"".join(map(frame, beside_them[10:])))
    lookout.look()
    seal(work, "churn")
    seen = lookout.look()[0].judged
    lookout.close()
    found = {each.name: each for each in seen.criteria}
    assert (found["chance of Yes"].canary_units, found["quality"].canary_units) == (400, 400)
    assert found["chance of Yes"].difference == pytest.approx(0.05, abs=0.002)
    assert (found["quality"].verdict, "latency" in found) == ("open", False)
    assert seen.verdict == "not enough yet"


@pytest.mark.parametrize(
    ("more", "live", "words"),
    [("", False, "nothing of churn is live"), ('[serving]\nrecords = "off"\n', True, "without records")],
)
def test_a_trial_without_anything_to_compare_is_refused(folder, more, live, words):
    shipyard.poc(folder, more=more)
    shipyard.release(folder)
    if live:
        ship(shipyard.workspace(folder), folder, agree=lambda _: True)
        shipyard.release(folder, seed=b"second")
    with pytest.raises(UsageError, match=words):
        ship(shipyard.workspace(folder), folder, trial=Trial(), agree=lambda _: True)


def test_the_commands_tell_of_a_trial(trial):
    folder, _, first, second = trial
    roll_back(folder)
    told = CliRunner().invoke(main, ["ship", str(folder), "--canary", "10", "--yes"])
    assert (told.exit_code, "is tried on 10 % of the traffic" in told.stdout) == (0, True), told.output
    assert "10 %, then 25 %, then 50 %, then 100 %" in " ".join(told.stderr.split())
    held = json.loads(CliRunner().invoke(main, ["roll", "hold", str(folder), "--json"]).stdout)
    assert (held["status"], held["release"]) == ("held", second)
    told = CliRunner().invoke(main, ["roll", "promote", str(folder)])
    assert told.stdout == (
        f"churn: {short(first)} 90 %, {short(second)} 10 % -> {short(second)} 100 %.\n"
        if first < second
        else f"churn: {short(second)} 10 %, {short(first)} 90 % -> {short(second)} 100 %.\n"
    )
    both = CliRunner().invoke(main, ["ship", str(folder), "--canary", "--shadow"])
    assert (both.exit_code, "exclude each other" in both.stderr) == (2, True)
