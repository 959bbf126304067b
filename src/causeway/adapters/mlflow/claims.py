"""What a store tells of a run, whatever keeps it."""

import math
from collections.abc import Sequence

from msgspec import Struct

from causeway.core.attached import Origin
from causeway.core.errors import NotFound, UsageError


class Told(Struct, frozen=True):
    """A run: what was logged to it, and the ids of the models that came of it."""

    run: str
    metrics: dict[str, float] = {}
    parameters: dict[str, str] = {}
    models: tuple[str, ...] = ()
    artifacts: str = ""
    """Where its files lie, as the store says it."""

    def origin(self, address: str, words: str, *, name: str = "", version: str = "") -> Origin:
        """The same as where a model comes from."""
        return Origin(
            address=address,
            words=words,
            name=name or f"run-{self.run[:8]}",
            run=self.run,
            version=version,
            # one that is no number (MLflow keeps such) claims nothing, and no event could hold it
            metrics={name: value for name, value in sorted(self.metrics.items()) if math.isfinite(value)},
            parameters=dict(sorted(self.parameters.items())),
        )


def named(model: str, version: str) -> str:
    """The folder's name of a registered version."""
    return f"{model}-v{version}"


def only_model(run: str, models: Sequence[str], wanted: str) -> str:
    """The model of the run that is meant: the one that is named, or the only one."""
    if wanted:
        if wanted not in models:
            raise NotFound(f"run {run} has no model {wanted}", hint=f"it has: {', '.join(models) or 'none'}")
        return wanted
    if not models:
        raise NotFound(
            f"run {run} has no model", hint="log it with mlflow.<flavour>.log_model, or attach another run"
        )
    if len(models) > 1:
        raise UsageError(
            f"run {run} has {len(models)} models: {', '.join(models[:5])}",
            hint="write the one you mean behind the run: .../RUN/MODEL",
        )
    return models[0]
