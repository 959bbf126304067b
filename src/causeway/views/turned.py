"""Which change of traffic last had other releases answer, as against less of it or more processes."""

from itertools import pairwise

from causeway.views.product import ProductState, Routing


def turned(state: ProductState) -> Routing | None:
    """The last step that still stands after which other releases answered, or were asked beside."""
    steps = [None, *state.undoable]
    return next(
        (
            step
            for earlier, step in reversed(list(pairwise(steps)))
            if step and step.shares and (earlier is None or _answering(step) != _answering(earlier))
        ),
        None,
    )


def before_turned(state: ProductState) -> Routing | None:
    """The step before that; None where nothing answered then."""
    last = turned(state)
    earlier = [step for step in state.undoable if last and step.seq < last.seq][-1:]
    return earlier[0] if earlier and earlier[0].shares else None


def _answering(step: Routing) -> tuple[dict[str, int], tuple[str, ...]]:
    return step.shares, step.shadow
