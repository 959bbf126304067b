"""What follows by itself: every trigger decided, what is due done once, and the training that goes on."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from msgspec import Struct, structs

from causeway.actions import act_loop
from causeway.actions.alert import listening, notice_of, send
from causeway.actions.canary import hold
from causeway.actions.decide import States, decide, product_state
from causeway.actions.homes import home_of
from causeway.actions.lease import holding
from causeway.actions.loop.loop import go_on, started
from causeway.actions.loop.ports import Ports
from causeway.actions.measure.measure import measure
from causeway.actions.measures import SCALED_BY, SHED_BY, STOPPED_BY, scale, shed, stop
from causeway.actions.roll import release_back
from causeway.actions.watch.watch import Looks
from causeway.actions.workspace import Workspace, load_product
from causeway.assess.triggers import asked, due, explained
from causeway.assess.under_way import quiet_until, withdrawn
from causeway.core.errors import CausewayError, outside
from causeway.core.events import AnyFact
from causeway.core.loop import LoopEnded, LoopMoved, LoopStopped
from causeway.core.manifest import Manifest
from causeway.core.triggers import (
    DONE,
    FAILED,
    FIRES,
    HOLD,
    MEASURE,
    NOTIFY,
    RETRAIN,
    ROLL_BACK,
    SCALE,
    SHED,
    STOP,
    WAITS,
    Decision,
    TriggerEnded,
    TriggerFired,
    TriggerWaits,
)
from causeway.core.watching import Alarm
from causeway.views.acting import Fired, Waiting
from causeway.views.product import ProductState

ALSO, NO, ONLY = "also", "no", "only"
TRAINING = (ALSO, NO, ONLY)


class Acted(Struct, frozen=True):
    """What was done for one product, in a line each; and what failed."""

    product: str
    done: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


def decisions_of(
    work: Workspace, product: str, *, folder: Path | None = None, alarms: Sequence[Alarm] | None = None
) -> tuple[Decision, ...]:
    """Whether each trigger of the product fires now, or exactly why not: for `causeway watch --why`."""
    home = folder or home_of(work, product)
    if home is None:
        return ()
    manifest, _ = load_product(work, home)
    known = None if alarms is None else {alarm.cause: alarm for alarm in alarms}
    return due(product_state(work, product), work.clock.now(), promise=manifest, alarms=known)


def with_triggers(work: Workspace, looks: Looks) -> Looks:
    """The same looks, with whether each trigger fires now, or why not."""
    return structs.replace(
        looks,
        products=tuple(
            structs.replace(each, triggers=decisions_of(work, each.product, alarms=each.alarms))
            for each in looks.products
        ),
    )


def act(
    work: Workspace,
    product: str,
    *,
    states: States | None = None,
    ports: Ports | None = None,
    training: str = ALSO,
) -> Acted:
    """Everything that is due for the product, once, however many look at it.

    `training` says whether the training that goes on is taken a step further: also, no, or nothing else.
    """
    home = home_of(work, product)
    if home is None:
        return Acted(product)
    manifest, _ = load_product(work, home)
    done: list[str] = []
    failed: list[str] = []
    state = states(product) if states else product_state(work, product)
    if training != ONLY and _is_news(due(state, work.clock.now(), promise=manifest), state, manifest):
        with holding(work, f"act:{product}") as lease:
            for words, fine in _all(work, home, manifest, product) if lease else ():
                (done if fine else failed).append(words)
    if training != NO:
        done += [_told(fact) for fact in go_on(work, home, product, ports=ports)]
    return Acted(product, tuple(done), tuple(failed))


def must_act(work: Workspace, state: ProductState) -> bool:
    """Whether a trigger of this product fires now, or must ask a person."""
    home = home_of(work, state.product) if state.shares else None
    if home is None:
        return False
    manifest, _ = load_product(work, home)
    return _is_news(due(state, work.clock.now(), promise=manifest), state, manifest)


def must_train(work: Workspace, state: ProductState) -> bool:
    """Whether the training that goes on could be taken further now, and waits for no trial or hour."""
    loop = state.acting.loop
    home = home_of(work, state.product) if loop else None
    if loop is None or home is None:
        return False
    try:
        manifest, _ = load_product(work, home)
    except (CausewayError, OSError):
        # whoever trains says what is wrong
        return True
    waits = state.canary is not None or quiet_until(loop, manifest, work.clock.now()) is not None
    return not waits or withdrawn(loop, manifest) != ""


def _is_news(decisions: Sequence[Decision], state: ProductState, manifest: Manifest) -> bool:
    return (
        bool(_unfinished(state))
        or act_loop.is_news(state, manifest)
        or any(each.is_due or _asks(each, state) or _to_be_told(each, state, manifest) for each in decisions)
    )


def _unfinished(state: ProductState) -> list[Fired]:
    """What fired and nobody said what came of it: whoever fired it may have been killed.

    Traffic goes back before less of it is let in, which going back would undo; what stops it comes last.
    """
    found = [each for each in state.acting.fired.values() if not each.outcome and not each.fact.dry_run]
    order = {ROLL_BACK: -1, STOP: 1}
    return sorted(found, key=lambda fired: (order.get(fired.fact.do, 0), fired.seq))


def _all(work: Workspace, home: Path, manifest: Manifest, product: str) -> Iterator[tuple[str, bool]]:
    """Everything that is due, written before it is carried out; a line each, and whether it went well."""
    written = _written(work, product, manifest)
    state = product_state(work, product)
    for decision in written:
        if decision.verdict not in (WAITS, FIRES):
            yield explained(decision), True
    for decision in due(state, work.clock.now(), promise=manifest):
        waiting = _waiting(decision, state)
        new = any(each.verdict == WAITS and each.trigger == decision.trigger for each in written)
        if waiting and (new or _to_be_told(decision, state, manifest)):
            told = _tell(work, home, manifest, decision, at=waiting.at, told=waiting.told)
            yield "; ".join((explained(decision), *told)), True
    for fired in _unfinished(product_state(work, product)):
        yield _carried_out(work, home, manifest, product, fired)
    state = product_state(work, product)
    if act_loop.is_news(state, manifest):
        yield f"training anew: {'; '.join(act_loop.tell(work, home, manifest, state))}", True


def _waiting(decision: Decision, state: ProductState) -> Waiting | None:
    """What a person was asked of late, where that is what it waits for."""
    return (
        asked(state, decision.trigger, on=decision.on, do=decision.do) if decision.verdict == WAITS else None
    )


def _asks(decision: Decision, state: ProductState) -> bool:
    return decision.verdict == WAITS and _waiting(decision, state) is None


def _to_be_told(decision: Decision, state: ProductState, manifest: Manifest) -> bool:
    """Whether whoever asked a person was killed before everybody was told of it."""
    waiting = _waiting(decision, state)
    return waiting is not None and any(part.name not in waiting.told for part in listening(manifest))


def _written(work: Workspace, product: str, manifest: Manifest) -> list[Decision]:
    """The decisions that are due, each written before it is carried out, so that nobody does it twice."""
    found: list[Decision] = []

    def facts_of(state: ProductState) -> list[AnyFact]:
        found[:] = []
        facts: list[AnyFact] = []
        for each in due(state, work.clock.now(), promise=manifest):
            if each.is_due or _asks(each, state):
                facts += _facts(work, each, state, facts)
                found.append(each)
        return facts

    decide(work, product, facts_of)
    return found


def _facts(
    work: Workspace, decision: Decision, state: ProductState, before: Sequence[AnyFact]
) -> list[AnyFact]:
    each = decision
    if each.verdict == WAITS:
        return [TriggerWaits(each.trigger, each.on, each.do, each.why, each.cause)]
    fired = TriggerFired(
        each.trigger, each.on, each.do, each.why, each.cause, not _for_real(each), each.approved_by
    )
    # two triggers may ask for it at once, and it is trained once
    already = any(fact.__struct_config__.tag == "loop.started" for fact in before)
    if each.do == RETRAIN and _for_real(each) and not already:
        return [fired, started(work, state, because=each.why, trigger=each.trigger)]
    return [fired]


def _for_real(decision: Decision) -> bool:
    return decision.verdict == FIRES


def _carried_out(
    work: Workspace, home: Path, manifest: Manifest, product: str, fired: Fired
) -> tuple[str, bool]:
    """What came of it in one line; a failure is told as an alarm is."""
    fact = fired.fact
    decision = Decision(fact.trigger, fact.on, fact.do, FIRES, fact.because, cause=fact.cause)
    told: list[str] = []
    outcome, words = DONE, ""
    if fact.do == NOTIFY:
        told = _tell(work, home, manifest, decision, at=fired.at, told=fired.told)
        outcome = DONE if _are_told(product_state(work, product), manifest, fired) else FAILED
    else:
        words, outcome = _tried(work, home, decision, fired)
        if outcome == FAILED:
            # of the same trouble once is enough
            known = fired.told if fired.trouble in ("", words) else ()
            told = _tell(work, home, manifest, decision, at=fired.at, told=known, trouble=words)
    ended = TriggerEnded(fact.trigger, fired.seq, outcome, words or "; ".join(told))
    work.ledger.append(product, [ended], actor=work.actor, at=work.clock.now())
    return "; ".join(filter(None, (explained(decision), words, *told))), outcome == DONE


def _are_told(state: ProductState, manifest: Manifest, fired: Fired) -> bool:
    """Whether everybody who listens was reached."""
    now = state.acting.fired.get((fired.fact.trigger, fired.fact.cause), fired)
    return all(part.name in now.reached for part in listening(manifest))


def _tried(work: Workspace, home: Path, decision: Decision, fired: Fired) -> tuple[str, str]:
    state = product_state(work, load_product(work, home)[0].product.name)
    if said := _done_since(decision, state, fired):
        return said, DONE
    try:
        return _effect(work, home, decision), DONE
    except CausewayError as error:
        return error.message, FAILED
    except OSError as error:
        return outside(error).message, FAILED


def _done_since(decision: Decision, state: ProductState, fired: Fired) -> str:
    """What was done already: whoever fired it was killed after it, and twice would be once too often."""
    since = [each.reason for each in state.routings if each.seq > fired.seq]
    mark = {STOP: STOPPED_BY, SHED: SHED_BY, SCALE: SCALED_BY}.get(decision.do)
    if mark:
        return "that is done already" if f"{mark}{decision.why}" in since else ""
    # another release than the one that it fired about is not taken back
    others = [reason for reason in since if not reason.startswith((STOPPED_BY, SHED_BY, SCALED_BY))]
    return "the traffic was changed since" if decision.do == ROLL_BACK and others else ""


def _tell(
    work: Workspace,
    home: Path,
    manifest: Manifest,
    decision: Decision,
    *,
    at: datetime,
    told: Sequence[str] = (),
    trouble: str = "",
) -> list[str]:
    """Whoever was not told yet; `at` is when it came to be, so that the message is the same one again."""
    product = manifest.product.name
    notice = notice_of(product_state(work, product), decision, home=home, at=at, trouble=trouble)
    return list(send(work, manifest, product, notice, told=told))


def _effect(work: Workspace, home: Path, decision: Decision) -> str:
    """What was done, in words; a training is a state, and goes on below."""
    why = decision.why
    effects: dict[str, Callable[[], str]] = {
        ROLL_BACK: lambda: release_back(home, work=work).status.replace("_", " "),
        HOLD: lambda: hold(home, work=work).status.replace("_", " "),
        STOP: lambda: stop(work, home, because=why),
        SHED: lambda: shed(work, home, because=why),
        SCALE: lambda: scale(work, home, because=why),
        RETRAIN: lambda: "it is trained anew",
        MEASURE: lambda: _measured(work, home),
    }
    effect = effects.get(decision.do)
    return effect() if effect else "written down"


def _measured(work: Workspace, home: Path) -> str:
    """What it brought by the promise that holds: by a clock no manifest that somebody edits becomes one."""
    found = measure(work, home, declares=False)
    noted = f"measured, event {found.seq}" if found.seq else "measured, and nothing to say yet"
    return f"{noted}: {found.benefit.sentence}"


def _told(fact: AnyFact) -> str:
    match fact:
        case LoopMoved():
            return f"trained anew: {fact.words}"
        case LoopEnded():
            return f"training anew ended: {fact.outcome}, {fact.because}"
        case LoopStopped():
            return f"nothing more is trained by itself: {fact.because}"
        case _:
            return str(fact.__struct_config__.tag)
