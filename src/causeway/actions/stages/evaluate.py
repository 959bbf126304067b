"""Measures the model on rows it was not fitted on, beside the trivial answer."""

from pathlib import Path

from causeway.actions.stages.environment import EnvironmentMade
from causeway.actions.stages.recover import Recovered
from causeway.actions.stages.site import Site
from causeway.actions.stages.step import Made
from causeway.core.release import Evaluation
from causeway.core.table import Table


class Evaluated(Made, frozen=True, kw_only=True):
    """The honest measure."""

    evaluation: Evaluation


def evaluate(
    site: Site, environment: EnvironmentMade, trace: Path, recovered: Recovered, *, source: Table
) -> Evaluated:
    """The honest measure."""
    raise NotImplementedError
