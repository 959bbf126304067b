"""What happens while a product is trained anew: another release, a stop, a trial that is over, failures."""

from datetime import timedelta

import pytest
from looping import WEIGHTS, LightJudge, LightTrainer, light, product, traffic

import shipyard
from causeway.actions.decide import product_state
from causeway.actions.loop import loop as loops
from causeway.actions.loop.loop import go_on
from causeway.actions.loop.ports import Ports
from causeway.actions.measures import stop
from causeway.actions.retrain import retrain
from causeway.actions.roll import roll_back
from causeway.actions.ship import ship
from causeway.core.errors import OutsideError
from causeway.core.events import LoopEnded


class Killed(BaseException):
    """As kill -9."""


@pytest.fixture
def churn(folder, tmp_path):
    product(folder)
    traffic(folder, tmp_path, rows=240, days=24)
    return folder


def facts(folder, kind):
    return [e.fact for e in shipyard.workspace(folder).ledger.read("churn") if isinstance(e.fact, kind)]


def broken_off(folder, state, monkeypatch):
    """Killed after what is done after this state was done, before it was written."""
    step = loops._NEXT[state]

    def killed(place):
        step(place)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setitem(loops._NEXT, state, killed)
        with pytest.raises(Killed):
            retrain(folder, ports=light(0.02))


def test_a_release_that_went_live_meanwhile_is_not_replaced_unseen(churn, monkeypatch):
    broken_off(churn, "train", monkeypatch)
    work = shipyard.workspace(churn)
    other = shipyard.answering(churn, weight=0.05)
    WEIGHTS[other] = 0.05
    ship(work, churn, release=other, agree=lambda _: True)
    go_on(work, churn, "churn", ports=light(0.02))
    assert product_state(work, "churn").shares == {other: 100}
    (ended,) = facts(churn, LoopEnded)
    assert ended.outcome == "for a person"
    assert "causeway ship" in ended.because


def test_what_somebody_stopped_stays_stopped(churn, monkeypatch):
    broken_off(churn, "train", monkeypatch)
    work = shipyard.workspace(churn)
    stop(work, churn, because="a person said so")
    go_on(work, churn, "churn", ports=light(0.02))
    assert product_state(work, "churn").shares == {}
    assert len(facts(churn, LoopEnded)) == 1


def test_what_was_shipped_and_taken_back_is_not_shipped_again(churn, monkeypatch):
    broken_off(churn, "gate", monkeypatch)
    before = product_state(shipyard.workspace(churn), "churn").before
    roll_back(churn)
    work = shipyard.workspace(churn)
    go_on(work, churn, "churn", ports=light(0.02))
    assert product_state(work, "churn").shares == before
    assert [each.outcome for each in facts(churn, LoopEnded)] == ["rolled back"]


def test_what_fails_again_and_again_outside_a_run_is_given_up(churn):
    class Deaf(LightJudge):
        def answers(self, *_):
            raise OutsideError("release r does not answer: it is broken")

    work = shipyard.workspace(churn)
    ports = Ports(LightTrainer(0.02), Deaf(WEIGHTS))
    with pytest.raises(OutsideError):
        retrain(churn, ports=ports)
    # its clock is behind that of who failed before: it counts anew
    for _ in range(2):
        with pytest.raises(OutsideError):
            go_on(work, churn, "churn", ports=ports)
    work.clock.at += timedelta(hours=2)
    go_on(work, churn, "churn", ports=ports)
    (ended,) = facts(churn, LoopEnded)
    assert ended.outcome == "refused"
    assert "does not answer" in ended.because
