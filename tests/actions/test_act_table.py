"""Whatever may set something off, and whatever may follow from it: each pair is carried out."""

from datetime import timedelta

import pytest
from looping import LOOP, MANIFEST, light
from msgspec import structs

import shipyard
from causeway.actions.act import act
from causeway.actions.decide import product_state
from causeway.actions.routes import current_routes, sync_routes
from causeway.actions.ship import Trial, ship
from causeway.core.errors import UsageError
from causeway.core.events import AlertSent, LoopEnded, TriggerEnded, TriggerFired, WatchJudged
from causeway.core.manifest_text import parse_manifest
from causeway.core.watching import Alarm, Sight

SIGHTS = {
    "drift": ("drift", "model"),
    "decay": ("quality", "model"),
    "kpi": ("kpi", "business"),
    "contract": ("contract", "service"),
    "volume": ("volume", "supply"),
    "slo": ("slo", "service"),
    "schedule:0 4 * * *": ("", ""),
}
"""What may happen, what watches for it, and the cause of its alarm."""
SERVING = "[serving]\nworkers = 1\nworkers_most = 20\nrequests_per_minute = 100000\n"
PAGER = '[[integrations]]\nname = "pager"\nkind = "other"\nurl = "command:/bin/true"\n'


class Told:
    """What is there to see of an action, before and after it."""

    def __init__(self, work):
        events = [event.fact for event in work.ledger.read("churn")]
        state, (route,) = product_state(work, "churn"), current_routes(work).routes
        self.sent = sum(isinstance(fact, AlertSent) for fact in events)
        self.loops = sum(isinstance(fact, LoopEnded) for fact in events)
        self.written = sum(isinstance(fact, TriggerFired) for fact in events)
        self.shares = state.shares
        self.held = bool(state.canary and state.canary.held)
        self.served = {each.release for each in route.served}
        self.cap, self.workers = route.requests_per_minute, route.workers


DONE = {
    "notify": lambda before, after: after.sent == before.sent + 1,
    "finding": lambda before, after: after.written == before.written + 1,
    "retrain": lambda before, after: after.loops == before.loops + 1,
    "hold": lambda before, after: after.held and not before.held and len(after.shares) == 2,
    "roll-back": lambda before, after: after.served < before.served and len(after.served) == 1,
    "scale": lambda before, after: after.workers == before.workers + 1,
    "shed": lambda before, after: after.cap == before.cap // 2,
    "stop": lambda before, after: before.served and not after.served,
}


@pytest.mark.parametrize("do", DONE)
def test_each_trigger_does_each_action(folder, do):
    shipyard.poc(folder, more=MANIFEST + LOOP + SERVING)
    (folder / "customers.csv").write_text("customer,tenure,Contract,Churn\n")
    releases = [shipyard.answering(folder, weight=weight) for weight in (0.1, 0.2)]
    work = shipyard.workspace(folder)
    for at, (on, (watches, cause)) in enumerate(SIGHTS.items()):
        trigger = f'[[triggers]]\nname = "t{at}"\non = "{on}"\ndo = "{do}"\napproval = false\n'
        shipyard.poc(folder, more=MANIFEST + LOOP + SERVING + PAGER * (do == "notify"))
        state = product_state(work, "churn")
        if state.shares != {releases[0]: 100}:
            ship(work, folder, release=releases[0], agree=lambda _: True)
        if do in ("hold", "roll-back"):
            ship(work, folder, release=releases[1], trial=Trial(), agree=lambda _: True)
        shipyard.poc(folder, more=MANIFEST + LOOP + SERVING + PAGER * (do == "notify") + trigger)
        if watches:
            seen = Sight(watches, watches, "act", work.clock.at, work.clock.at, "0.3")
            alarm = Alarm(cause, watches, "act", work.clock.at, work.clock.at, because="b", sights=(seen,))
            work.ledger.append("churn", [WatchJudged(alarm)], actor="a1", at=work.clock.at)
        else:
            work.clock.at += timedelta(days=1)
        before = Told(work)
        acted = act(work, "churn", ports=light(0.1))
        assert DONE[do](before, Told(work)), (on, acted)
        ended = [e.fact for e in work.ledger.read("churn") if isinstance(e.fact, TriggerEnded)]
        assert (len(ended), ended[-1].trigger, ended[-1].outcome) == (at + 1, f"t{at}", "done")
        if watches:
            work.ledger.append(
                "churn", [WatchJudged(structs.replace(alarm, verdict="ok"))], actor="a1", at=work.clock.at
            )
    # the route file is what the ledger says, and nobody has to mend it
    assert sync_routes(work).file == current_routes(work)


@pytest.mark.parametrize("on", SIGHTS)
@pytest.mark.parametrize(
    ("do", "more", "why", "hint"),
    [
        ("shed", "", "nobody says how many requests a minute are let in", "requests_per_minute = 600"),
        ("scale", "[serving]\nworkers = 3\n", "lets the gateway have no process more", "workers_most = 4"),
        ("scale", "[serving]\nworkers = 3\nworkers_most = 2\n", "lets the gateway", "workers_most = 4"),
    ],
)
def test_what_can_never_be_done_is_refused_with_its_reason(on, do, more, why, hint):
    product = '[product]\nname = "churn"\nstage = "pilot"\n'
    trigger = f'[[triggers]]\non = "{on}"\ndo = "{do}"\n'
    with pytest.raises(UsageError) as refused:
        parse_manifest(product + more + trigger, where="x")
    told = f"{refused.value.message} {refused.value.hint}"
    assert f'"{do}" can never be done: ' in told
    assert why in told
    assert hint in told
