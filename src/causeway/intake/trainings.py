"""Trainings and leaks, from what following the code saw."""

import ast
from collections.abc import Iterable
from typing import Any

from causeway.core.finding import Evidence
from causeway.core.poc import Leak, Training
from causeway.intake.code import Code
from causeway.intake.estimators import LIBRARIES
from causeway.intake.events import Events, Fit
from causeway.intake.names import aliases_of, dotted
from causeway.intake.values import UNKNOWN, Data


def trainings_of(code: Code, events: Events) -> list[Training]:
    """Every fit of a model, and a training loop written by hand."""
    found = [_of_fit(code, events, fit) for fit in events.fits if fit.estimator.kind in {"model", "network"}]
    if not found and events.torch_losses:
        loop = _torch_loop(code, events)
        found += [loop] if loop else []
    return found


def _of_fit(code: Code, events: Events, fit: Fit) -> Training:
    features, target = fit.features or Data(), fit.target or Data()
    estimator = fit.estimator
    task = events.networks.get(estimator.ident, "") or estimator.task
    column = target.column
    split = next(
        (split.at for split in reversed(events.splits) if not split.at.cell or _before(split.at, fit.at)),
        None,
    )
    text = estimator.text or "#text" in features.cleaned
    return Training(
        code.path,
        estimator.name,
        fit.at,
        framework=_framework(estimator.module),
        task=task,
        data=features.source or target.source,
        target=column if isinstance(column, str) and column != "(prediction)" else "",
        target_index=column if isinstance(column, int) else None,
        positive=target.positive,
        features=_features(features),
        dropped=tuple(name for name in features.dropped if name == UNKNOWN or name not in features.used),
        feature_slice=_slice(features),
        split=split if (features.part or split) else None,
        same_rows=_same_rows(events, fit),
        cleaned=tuple(name for name in features.cleaned if not name.startswith("#")),
        text=text,
        saves=tuple(item.path for item in events.saved if item.estimator == estimator.ident and item.path),
        **_judging(events),
    )


def _judging(events: Events) -> dict[str, Any]:
    drawn = [split for split in events.splits if split.how == "train_test_split"]
    return {
        "metrics": tuple(dict.fromkeys(item.how for item in events.judged)),
        "seeded": all(split.seeded for split in drawn),
        "shuffled": any(split.shuffled for split in drawn),
    }


def _before(first: Evidence, second: Evidence) -> bool:
    return (first.cell or 0) <= (second.cell or 0)


def _framework(module: str) -> str:
    return LIBRARIES.get(module.split(".", maxsplit=1)[0], "")


def _features(features: Data) -> tuple[str, ...]:
    if isinstance(features.column, str):
        return (features.column,)
    return features.columns or ()


def _slice(features: Data) -> tuple[int, int] | None:
    if features.slice is None or features.slice[1] is None or features.slice[1] < 0:
        return None
    return (features.slice[0], features.slice[1])


def _same_rows(events: Events, fit: Fit) -> Evidence | None:
    if fit.features is None or fit.features.part or events.splits:
        return None
    for judged in events.judged:
        if any(rows.ident == fit.features.ident and not rows.part for rows in judged.rows):
            return judged.at
    return None


def _torch_loop(code: Code, events: Events) -> Training | None:
    known = aliases_of(code)
    for block in code.blocks:
        for node in ast.walk(block.tree):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "backward"
            ):
                return _torch(code, events, code.at(node, block), known)
    return None


def _torch(code: Code, events: Events, at: Evidence, known: dict[str, str]) -> Training:
    task = events.torch_losses[-1][0]
    pieces = [data for split in events.splits for data in split.data]
    target = pieces[-1] if pieces else Data()
    column = target.column
    index = column if isinstance(column, int) else None
    if index is None and target.slice is not None and target.slice[0] > 0:
        index = target.slice[0]
    split = events.splits[-1].at if events.splits else None
    return Training(
        code.path,
        "PyTorch LSTM" if _recurrent(code, known) else "PyTorch network",
        at,
        framework="PyTorch",
        task=task,
        data=events.reads[0].path if events.reads else "",
        target=column if isinstance(column, str) else "",
        target_index=index,
        split=split,
        saves=tuple(item.path for item in events.saved if item.path),
        **_judging(events),
    )


def _recurrent(code: Code, known: dict[str, str]) -> bool:
    return any(
        dotted(node.func, known).rsplit(".", 1)[-1] in {"LSTM", "GRU", "RNN"}
        for block in code.blocks
        for node in ast.walk(block.tree)
        if isinstance(node, ast.Call)
    )


def leaks_of(events: Events) -> list[Leak]:
    """What was fitted on rows that a later split set aside, and rows chosen by a column made from the
    target.
    """
    found: dict[tuple[str, str], Leak] = {}
    for split in events.splits:
        for data in split.data:
            for mark in data.marks:
                found.setdefault((mark.name, str(mark.at)), Leak(mark.kind, mark.name, mark.at, split.at))
    for fit in events.fits:
        for leak in _by_filter(fit):
            found.setdefault((leak.name, str(leak.at)), leak)
    return list(found.values())


def _by_filter(fit: Fit) -> Iterable[Leak]:
    if fit.features is None or fit.target is None or not isinstance(fit.target.column, str):
        return
    made = {name for name, origins in fit.features.derived if fit.target.column in origins}
    for name, at in fit.features.filters:
        if name in made and name != fit.target.column:
            yield Leak("filter", name, at, fit.at)
