"""What a trigger may do about traffic at once: take it all away, or let less of it in."""

from collections.abc import Callable
from pathlib import Path

from causeway.actions.decide import decide, product_name, product_state
from causeway.actions.routes import promise, publish
from causeway.actions.workspace import Workspace
from causeway.core.errors import Refused
from causeway.core.events import TrafficRouted
from causeway.views.product import ProductState


def stop(work: Workspace, folder: Path, *, because: str) -> str:
    """Nothing answers any more; `causeway roll back` gives the traffic back."""
    return _routed(
        work, folder, lambda state: _changed(state, {}, None, f"stopped: {because}"), "nothing answers"
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
        return _changed(state, state.shares, max(1, cap // 2), f"shed: {because}")

    return _routed(work, folder, fact_of, "half of the requests a minute are let in")


def scale(work: Workspace, folder: Path) -> str:
    """Refused where the gateway may not have more processes: it takes them by itself."""
    serving = promise(work, product_state(work, product_name(work, folder))).serving
    most = serving.workers_most or serving.workers
    raise Refused(
        f"the gateway takes up to {most} processes by itself, and no trigger gives it more",
        where="causeway.toml",
        hint="raise [serving] workers_most",
    )


def _changed(
    state: ProductState, shares: dict[str, int], cap: int | None, reason: str
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
