"""How a release that passed the gate goes live: on trial, at once, or by a person."""

import shlex

from causeway.actions.canary import hold
from causeway.actions.loop.place import Place
from causeway.actions.ship import Trial, plan_to_ship, ship
from causeway.assess.under_way import quiet_until, withdrawn
from causeway.core.ids import short
from causeway.core.loop import (
    FOR_A_PERSON,
    GATE,
    PROMOTED,
    ROLLED_BACK,
    SHIP,
    WITHDRAWN,
    LoopEnded,
    LoopMoved,
)

CANARY, BY_HAND = "canary", "by-hand"
WORSE = "WORSE-THAN-LIVE"


def ship_it(place: Place) -> LoopMoved | LoopEnded | None:
    """The release on trial beside the live one, or live; None while another is on trial, or it is quiet.

    What it was judged beside must still be live: it never takes the place of what nobody compared it with,
    nor of nothing where somebody stopped the product.
    """
    move = place.done(GATE)
    release, how, state = move.release, place.rules.ship, place.state
    if how == BY_HAND:
        return _by_hand(place, release, because=move.words)
    if state.canary and state.canary.release != release:
        return None
    if quiet_until(place.loop, place.manifest, place.work.clock.now()):
        return None
    # whoever shipped it may have been killed before that was written, and its trial be over since
    was = any(release in each.shares for each in state.routings if each.at >= place.loop.at)
    if not was and place.loop.live not in state.shares:
        since = "another release is live since" if state.shares else "nothing is live any more"
        return _by_hand(place, release, because=f"{move.words}; but {since}")
    if not was:
        _ship(place, release, because=move.words, on_trial=how == CANARY)
    said = "is tried beside the live one" if how == CANARY else "answers everything"
    shipped = place.moved(SHIP, f"release {short(release)} {said}")
    return LoopMoved(shipped.loop, shipped.state, shipped.words, release=release)


def to_be_on_trial(place: Place) -> LoopEnded | None:
    """How the trial ended; None while it goes on."""
    release, state = place.done(SHIP).release, place.state
    if state.canary:
        return None
    if state.shares == {release: 100}:
        because = f"{place.done(GATE).words}; it answers everything now"
        return place.ended(PROMOTED, because, release=release)
    reason = state.routings[-1].reason if state.routings else "nothing is live"
    return place.ended(ROLLED_BACK, reason, release=release)


def withdraw(place: Place) -> LoopEnded | None:
    """That nobody asks for it any more; what is on trial because of it then waits for a person."""
    why, canary = withdrawn(place.loop, place.manifest), place.state.canary
    move = place.loop.move(SHIP)
    if not why or (move and not canary):
        return None
    if move and canary and canary.release == move.release:
        hold(place.folder, work=place.work)
        why += "; its release stays on trial at its share: causeway roll promote, or causeway roll back"
    return place.ended(WITHDRAWN, why, release=move.release if move else "")


def _by_hand(place: Place, release: str, *, because: str) -> LoopEnded:
    command = f"causeway ship {shlex.quote(str(place.folder))} --release {short(release)}"
    return place.ended(FOR_A_PERSON, f"{because}; a person ships it: {command}", release=release)


def _ship(place: Place, release: str, *, because: str, on_trial: bool) -> None:
    trial = Trial() if on_trial else None
    plan = plan_to_ship(place.work, place.folder, release=release, trial=trial)
    stood = {
        waiver.code.upper(): waiver.because
        for waiver in place.state.waivers_for(place.loop.live, at=place.work.clock.now())
    }
    # what a person took on for the live release stands for its successor; older rows say nothing of now
    stood |= {WORSE: f"on the newest labelled rows {because}"}
    waive = {
        finding.code: f"as for {short(place.loop.live)}: {stood[finding.code.upper()]}"
        for finding in plan.judgement.blocking
        if finding.code.upper() in stood
    }
    ship(place.work, place.folder, release=release, waive=waive, trial=trial, agree=lambda _: True)
