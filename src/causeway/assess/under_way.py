"""What the manifest says now of a training that one of its triggers began."""

from datetime import datetime

from causeway.assess.triggers import triggers_of
from causeway.core.loop import GATE, SHIP
from causeway.core.manifest import Manifest, TriggerPart
from causeway.core.quiet import read_quiet
from causeway.core.triggers import RETRAIN
from causeway.views.acting import Loop


def withdrawn(loop: Loop, promise: Manifest) -> str:
    """Why nothing more is to follow from it; empty where it goes on, as of whatever a person began."""
    if not loop.trigger:
        return ""
    part = _part(loop, promise)
    if part is None:
        return f"no trigger {loop.trigger} asks for a training any more"
    return f"{loop.trigger} only says now what it would do (dry_run)" if part.dry_run else ""


def quiet_until(loop: Loop, promise: Manifest, now: datetime) -> datetime | None:
    """When what it made may go live, where that must wait for the end of its trigger's quiet hours."""
    part = _part(loop, promise)
    quiet = read_quiet(part.quiet) if part else None
    return quiet.ends(now) if quiet and loop.state in (GATE, SHIP) else None


def _part(loop: Loop, promise: Manifest) -> TriggerPart | None:
    return next(
        (each for each in triggers_of(promise) if (each.called, each.do) == (loop.trigger, RETRAIN)), None
    )
