"""What follows by itself: every trigger decided, what is due done once, and the training that goes on."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct, structs

from causeway.actions.alert import notice_of, send
from causeway.actions.canary import hold
from causeway.actions.decide import States, decide, product_state
from causeway.actions.homes import home_of
from causeway.actions.lease import holding
from causeway.actions.loop.loop import go_on, started
from causeway.actions.loop.ports import Ports
from causeway.actions.measures import scale, shed, stop
from causeway.actions.roll import roll_back
from causeway.actions.watch.watch import Looks
from causeway.actions.workspace import Workspace, load_product
from causeway.assess.triggers import due, explained
from causeway.core.errors import CausewayError, outside
from causeway.core.events import AnyFact
from causeway.core.loop import LoopEnded, LoopMoved, LoopStopped
from causeway.core.manifest import Manifest
from causeway.core.triggers import (
    FIRES,
    HOLD,
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
from causeway.views.acting import Fired
from causeway.views.product import ProductState

DONE, FAILED = "done", "failed"
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
    if training != ONLY and _is_news(due(state, work.clock.now(), promise=manifest), state):
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
    return _is_news(due(state, work.clock.now(), promise=manifest), state)


def must_train(state: ProductState) -> bool:
    """Whether the training that goes on could be taken further now, and waits for no trial."""
    return state.acting.loop is not None and not state.canary


def _is_news(decisions: Sequence[Decision], state: ProductState) -> bool:
    return bool(_unfinished(state)) or any(each.is_due or _asks(each, state) for each in decisions)


def _unfinished(state: ProductState) -> list[Fired]:
    """What fired and nobody said what came of it: whoever fired it may have been killed."""
    found = state.acting.fired.values()
    return [fired for fired in found if not fired.outcome and not fired.fact.dry_run]


def _all(work: Workspace, home: Path, manifest: Manifest, product: str) -> Iterator[tuple[str, bool]]:
    """Everything that is due, written before it is carried out; a line each, and whether it went well."""
    for decision in _written(work, product, manifest):
        if decision.verdict == WAITS:
            yield "; ".join((explained(decision), *_tell(work, home, manifest, product, decision))), True
        elif not _for_real(decision):
            yield explained(decision), True
    for fired in _unfinished(product_state(work, product)):
        yield _carried_out(work, home, manifest, product, fired)


def _asks(decision: Decision, state: ProductState) -> bool:
    return decision.verdict == WAITS and decision.trigger not in state.acting.waiting


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
        told = _tell(work, home, manifest, product, decision)
    else:
        words, outcome = _tried(work, home, decision, fired)
        if outcome == FAILED:
            told = _tell(work, home, manifest, product, decision, trouble=words)
    ended = TriggerEnded(fact.trigger, fired.seq, outcome, words or "; ".join(told))
    work.ledger.append(product, [ended], actor=work.actor, at=work.clock.now())
    return "; ".join(filter(None, (explained(decision), words, *told))), outcome == DONE


def _tried(work: Workspace, home: Path, decision: Decision, fired: Fired) -> tuple[str, str]:
    state = product_state(work, load_product(work, home)[0].product.name)
    if decision.do in (ROLL_BACK, STOP, SHED) and state.routings[-1].seq > fired.seq:
        # whoever fired it was killed after it was done: twice would be once too often
        return "the traffic was changed since", DONE
    try:
        return _effect(work, home, decision), DONE
    except CausewayError as error:
        return error.message, FAILED
    except OSError as error:
        return outside(error).message, FAILED


def _tell(
    work: Workspace, home: Path, manifest: Manifest, product: str, decision: Decision, *, trouble: str = ""
) -> list[str]:
    state = product_state(work, product)
    notice = notice_of(state, decision, home=home, at=work.clock.now(), trouble=trouble)
    return list(send(work, manifest, product, notice))


def _effect(work: Workspace, home: Path, decision: Decision) -> str:
    """What was done, in words; a training is a state, and goes on below."""
    why = decision.why
    effects: dict[str, Callable[[], str]] = {
        ROLL_BACK: lambda: roll_back(home, work=work).status.replace("_", " "),
        HOLD: lambda: hold(home, work=work).status.replace("_", " "),
        STOP: lambda: stop(work, home, because=why),
        SHED: lambda: shed(work, home, because=why),
        SCALE: lambda: scale(work, home),
        RETRAIN: lambda: "it is trained anew",
    }
    effect = effects.get(decision.do)
    return effect() if effect else "written down"


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
