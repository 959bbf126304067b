"""What a person must know of a training anew: that it stopped itself, or made what waits for a person."""

import shlex
from collections.abc import Iterator
from pathlib import Path

from causeway.actions.alert import VALUE, listening, send
from causeway.actions.workspace import Workspace
from causeway.core.loop import FOR_A_PERSON
from causeway.core.manifest import Manifest
from causeway.core.notice import Notice
from causeway.core.triggers import RETRAIN
from causeway.views.acting import LOOP, Loop
from causeway.views.product import ProductState


def is_news(state: ProductState, manifest: Manifest) -> bool:
    """Whether somebody who listens was not told yet."""
    loop = _last(state)
    told = state.acting.loop_told
    return loop is not None and any(
        (part.name, _cause(state, loop)) not in told for part in listening(manifest)
    )


def tell(work: Workspace, home: Path, manifest: Manifest, state: ProductState) -> Iterator[str]:
    """Tells them, a line each; the same message again has the same id."""
    loop = _last(state)
    if loop is None or loop.ended is None or loop.ended_at is None:
        return
    stopped, cause, place = state.acting.stopped, _cause(state, loop), shlex.quote(str(home))
    notice = Notice(
        product=state.product,
        trigger=LOOP,
        do=RETRAIN,
        at=loop.ended_at.isoformat(),
        title="nothing more is trained by itself" if stopped else "a release waits for a person",
        words=VALUE.sub("one value", stopped or loop.ended.because),
        cause=cause,
        command=f"causeway retrain {place} --resume" if stopped else f"causeway ship {place}",
    )
    told = [name for name, about in state.acting.loop_told if about == cause]
    yield from send(work, manifest, state.product, notice, told=told)


def _last(state: ProductState) -> Loop | None:
    """The last training, where it left something to a person."""
    last = state.acting.loops[-1] if state.acting.loops else None
    if last is None or last.ended is None:
        return None
    return last if state.acting.stopped or last.ended.outcome == FOR_A_PERSON else None


def _cause(state: ProductState, loop: Loop) -> str:
    return f"{loop.loop}:{'stopped' if state.acting.stopped else 'made'}"
