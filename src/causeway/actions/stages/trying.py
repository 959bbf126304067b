"""A model put together only to be asked once: nothing of it is measured, converted or proven."""

from pathlib import Path

import numpy as np

from causeway.actions.stages.compile import WHOLE_MODEL, WORKER_SPEC, Compiled
from causeway.actions.stages.environment import EnvironmentMade
from causeway.actions.stages.evaluate import Evaluated
from causeway.actions.stages.recover import Recovered, kept_rows
from causeway.actions.stages.site import Site
from causeway.core.answers import Converted
from causeway.core.finding import Finding, Remedy, Severity
from causeway.core.release import WORKER, Evaluation, Parity

ASKED_ROWS = 200
"""So many rows tell which classes it answers, and whether with probabilities."""
WHY = "the run only tries a table, so nothing was measured, converted or proven"

ONLY_TRIED = Finding(
    code="ONLY-TRIED",
    severity=Severity.BLOCKER,
    title="It was put together only to be tried, and nothing of it is proven.",
    remedy=Remedy("Make a release: causeway run."),
    damage=1.0,
    blocks_ship=True,
)

NOT_MEASURED = Evaluated(
    fact=WHY,
    evaluation=Evaluation(
        metric="", value=0.0, low=0.0, high=0.0, baseline=0.0, baseline_name="", rows=0, method=WHY
    ),
)


def put_together(site: Site, environment: EnvironmentMade, trace: Path, recovered: Recovered) -> Compiled:
    """The model as its own framework saved it, for a process of its own; its proof holds no row."""
    model = site.workshop.whole_model(trace, recovered.model)
    matrix = kept_rows(site, recovered).matrix
    some = np.unique(np.linspace(0, len(matrix) - 1, min(ASKED_ROWS, len(matrix))).astype(np.int64))
    answers = site.workshop.reference_predictions(
        environment.environment, trace, recovered.model, matrix.take(some)
    )
    more = ("probability",) if answers.probabilities is not None else ()
    put = site.work.artifacts.put
    return Compiled(
        fact=WHY,
        files={WHOLE_MODEL: put(model.content), WORKER_SPEC: put(model.spec)},
        converted=Converted(
            file=WHOLE_MODEL,
            form=WORKER,
            framework=model.framework,
            input_names=tuple(matrix.columns),
            output_names=("label" if answers.classes else "value", *more),
            dtype="float64",
            reason=WHY,
        ),
        parity=Parity(0, 0, 0.0, 0, site.manifest.serving.reference_tolerance),
        classes=answers.classes,
    )
