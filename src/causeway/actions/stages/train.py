"""Runs the proof of concept's own training in its environment, on a copy, and keeps what it did."""

from typing import Any

from causeway.actions.stages.data import Brought
from causeway.actions.stages.entry import training_entry
from causeway.actions.stages.environment import EnvironmentMade
from causeway.actions.stages.site import Site
from causeway.actions.stages.step import Made
from causeway.assess.obstacles import Obstacle, in_training, without_rows
from causeway.core.errors import Refused
from causeway.core.trace import Trace
from causeway.intake import read_poc

TRACE = "train"


class Trained(Made, frozen=True, kw_only=True):
    """A watched training; its trace and captured models are the files that were kept."""

    printed: str


def train(site: Site, environment: EnvironmentMade, brought: Brought) -> Trained:
    """What the training read, made and fitted."""
    into = site.scratch / TRACE
    into.mkdir(parents=True, exist_ok=True)
    files = brought.places(site)
    more: dict[str, Any] = {"brought": files} if files else {}
    if site.given and site.given.texts:
        more["texts"] = {site.given.path: site.given.texts}
    trace = site.workshop.watch_training(
        environment.environment, site.folder, training_entry(site), into, **more
    )
    if not trace.captured:
        raise _refused(in_training(trace, read_poc(site.folder), environment.environment.problems))
    if not trace.tables:
        raise _refused(without_rows(trace, read_poc(site.folder), environment.environment.problems))
    return Trained(
        fact=_fact(trace), files=site.keep(into), peak_bytes=trace.peak_bytes, printed=trace.printed
    )


def _refused(obstacle: Obstacle) -> Refused:
    return Refused(obstacle.what, where=obstacle.where, hint=obstacle.remedy)


def _fact(trace: Trace) -> str:
    fitted = sorted(
        {
            model.estimator
            for model in trace.captured
            if model.kind in {"classifier", "regressor"} and model.instead_of < 0
        }
    )
    rows = max((table.rows for table in trace.tables), default=0)
    known = ", ".join(fitted[:3]) or trace.captured[0].estimator
    as_it_is = all(model.how == "namespace" for model in trace.captured)
    text = f"{known} taken as it is, not fitted here" if as_it_is else f"{known} fitted"
    if rows:
        text += f"; {rows:,} rows read"
    if trace.errors:
        text += f"; {len(trace.errors)} statements failed"
    return text
