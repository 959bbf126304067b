"""What keeps a proof of concept from being trained, in words a data scientist understands, and what to do."""

import posixpath
from collections.abc import Sequence

from msgspec import Struct

from causeway.assess.failures import MEND, Known, explained
from causeway.core.environment import Problem
from causeway.core.poc import Poc
from causeway.core.trace import Trace, TraceError

LANGUAGES = {".r": "R", ".rmd": "R", ".qmd": "R", ".jl": "Julia", ".m": "MATLAB", ".sas": "SAS"}
PYTHON = (".py", ".ipynb")
UNCONVERTED = {"flax": "Flax", "mxnet": "MXNet", "paddle": "PaddlePaddle"}
"""Modules whose networks are not watched or converted here, and what they are called."""
SCORED = "causeway check says what else stands between it and production"


class Obstacle(Struct, frozen=True):
    """What stops it, where one sees it, and what to do."""

    what: str
    where: str = ""
    remedy: str = ""


def before_training(poc: Poc, script: str) -> Obstacle | None:
    """Why there is nothing to train here; None where there may be."""
    if not script and poc.kind.value.startswith("GenAI"):
        by = f" that {poc.serve.value} serves" if poc.serve.value else ""
        return Obstacle(
            f"there is nothing to train: this is a {poc.kind.value}{by}",
            poc.serve.value,
            f"a run makes a release of a model that is trained from a table; {SCORED}",
        )
    ending = posixpath.splitext(script)[1].lower()
    if not script or ending in PYTHON:
        return None
    language = LANGUAGES.get(ending)
    return Obstacle(
        f"the training is written in {language}; only Python is trained and converted"
        if language
        else "the training is neither a Python script nor a notebook",
        script,
        "serve it from its own container, or write the training in Python and name it: [model] train in "
        f"causeway.toml; {SCORED}",
    )


def in_training(trace: Trace, poc: Poc, problems: Sequence[Problem]) -> Obstacle:
    """Why the training fitted no model: the first line of it that failed, and what to do about it."""
    if not trace.errors:
        noted = f" ({'; '.join(trace.notes)})" if trace.notes else ""
        return Obstacle(
            f"the training ended, but fitted no model that was seen{noted}",
            trace.script,
            "name the script that calls fit: [model] train in causeway.toml",
        )
    first = trace.errors[0]
    what, remedy = _explained(first, poc, problems)
    return Obstacle(f"the training fitted no model; first, {what}", first.where, remedy + _more(trace))


def without_rows(trace: Trace, poc: Poc, problems: Sequence[Problem]) -> Obstacle:
    """Why a training that fitted a model cannot be followed: none of its tables was seen."""
    fitted = trace.captured[0] if trace.captured else None
    known = UNCONVERTED.get(fitted.module.split(".")[0], "") if fitted else ""
    remedy = "read the data with pandas (read_csv), whose rows are followed into the model"
    if known:
        remedy += (
            f"; and train a network of Keras or PyTorch, or a scikit-learn model: {known} is not converted"
        )
    if trace.errors:
        what, mend = _explained(trace.errors[0], poc, problems)
        remedy += f". At {trace.errors[0].where}, {what}: {mend}"
    name = f"{fitted.estimator} was fitted, but " if fitted else ""
    return Obstacle(f"{name}the training read no table that was seen", trace.script, remedy)


def _more(trace: Trace) -> str:
    after = len(trace.errors) - 1
    if not after:
        return ""
    return f" ({after} more {'statement' if after == 1 else 'statements'} failed after it)"


def _explained(error: TraceError, poc: Poc, problems: Sequence[Problem]) -> tuple[str, str]:
    """What a failed statement says, and what to do, or which other script to name."""
    what, remedy = explained(error, Known(poc, problems))
    return (
        what,
        f"{MEND}, or name another script: [model] train in causeway.toml" if remedy == MEND else remedy,
    )
