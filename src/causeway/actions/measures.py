"""What a trigger may do about traffic at once: take it all away, let less of it in, or answer by more."""

from collections.abc import Callable, Sequence
from itertools import takewhile
from pathlib import Path

from causeway.actions.decide import decide, product_name, product_state
from causeway.actions.routes import promise, publish
from causeway.actions.workspace import Workspace
from causeway.core.errors import Refused
from causeway.core.events import TrafficRouted
from causeway.views.product import ProductState, Routing

STOPPED_BY, SHED_BY, SCALED_BY = "stopped: ", "shed: ", "scaled: "
"""How the reason of such a change of traffic begins."""
KEPT = "; kept while the release changed"


def stop(work: Workspace, folder: Path, *, because: str) -> str:
    """Nothing answers any more; `causeway roll back` gives the traffic back."""
    return _routed(
        work, folder, lambda state: _changed(state, {}, None, f"{STOPPED_BY}{because}"), "nothing answers"
    )


def shed(work: Workspace, folder: Path, *, because: str) -> str:
    """Half of the requests a minute are let in; `causeway roll back` lets them in again."""

    def fact_of(state: ProductState) -> TrafficRouted | None:
        cap = state.routings[-1].requests_per_minute if state.routings else None
        if cap is None:
            raise Refused(
                "nobody said how many requests a minute are let in, so it cannot be half of them",
                where="causeway.toml",
                hint="write it: [serving] requests_per_minute",
            )
        return _changed(state, state.shares, max(1, cap // 2), f"{SHED_BY}{because}")

    return _routed(work, folder, fact_of, "half of the requests a minute are let in")


def scale(work: Workspace, folder: Path, *, because: str) -> str:
    """One more process answers from now on, busy or not, as far as the manifest lets the gateway have more;
    `causeway roll back` takes it away.
    """
    serving = promise(work, product_state(work, product_name(work, folder))).serving
    most = serving.workers_most or serving.workers

    def fact_of(state: ProductState) -> TrafficRouted | None:
        if not state.routings:
            return None
        last = state.routings[-1]
        workers = max(last.workers, serving.workers) + 1
        if workers > most:
            raise Refused(
                f"the gateway has {most} processes at most, and may not have one more",
                where="causeway.toml",
                hint="raise [serving] workers_most",
            )
        return _changed(
            state, state.shares, last.requests_per_minute, f"{SCALED_BY}{because}", workers=workers
        )

    return _routed(work, folder, fact_of, "one more process answers")


def still_in_force(state: ProductState, onto: TrafficRouted) -> list[TrafficRouted]:
    """What lets less traffic in, or has more processes answer, once more after this change of what answers.

    It was asked for because of something else, and ends when somebody takes it back. What stood before the
    steps that this change undoes stands again by itself.
    """
    standing = _last_measures(state.undoable)
    if onto.undoes:
        for step in _last_measures([each for each in state.undoable if each.seq < onto.undoes]):
            again = next((each for each in standing if _asked(each) == _asked(step)), None)
            standing = [each for each in standing if each is not again]
    return [_kept(step, onto) for step in standing]


def _last_measures(steps: Sequence[Routing]) -> list[Routing]:
    """Those at the end of the steps."""
    found = takewhile(lambda step: step.reason.startswith((SHED_BY, SCALED_BY)), reversed(steps))
    return [*found][::-1]


def _asked(step: Routing) -> str:
    return step.reason.removesuffix(KEPT)


def _kept(step: Routing, onto: TrafficRouted) -> TrafficRouted:
    caps = [cap for cap in (step.requests_per_minute, onto.requests_per_minute) if cap is not None]
    return TrafficRouted(
        shares=onto.shares,
        reason=f"{_asked(step)}{KEPT}",
        stage=onto.stage,
        requests_per_minute=min(caps, default=None),
        judgement=onto.judgement,
        shadow=onto.shadow,
        workers=max(step.workers, onto.workers),
    )


def _changed(
    state: ProductState, shares: dict[str, int], cap: int | None, reason: str, *, workers: int | None = None
) -> TrafficRouted | None:
    if not state.routings or not state.shares:
        return None
    last = state.routings[-1]
    return TrafficRouted(
        shares=shares,
        reason=reason,
        stage=last.stage,
        requests_per_minute=cap,
        judgement=last.judgement,
        shadow=last.shadow if shares else (),
        workers=last.workers if workers is None else workers,
    )


def _routed(
    work: Workspace, folder: Path, fact_of: Callable[[ProductState], TrafficRouted | None], words: str
) -> str:
    product = product_name(work, folder)
    written: list[TrafficRouted] = []

    def facts_of(state: ProductState) -> list[TrafficRouted]:
        fact = fact_of(state)
        written[:] = [fact] if fact else []
        return written

    decide(work, product, facts_of)
    trouble = publish(work, product)
    said = words if written else "nothing was live"
    return f"{said}; the gateway does not follow: {trouble}" if trouble else said
