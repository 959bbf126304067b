"""Trainings and leaks, from what following the code saw."""

import ast
from collections.abc import Iterable
from typing import Any

from causeway.core.finding import Evidence
from causeway.core.poc import Leak, Training
from causeway.intake.estimators import LIBRARIES, NETWORKS, PRETRAINED
from causeway.intake.flow.events import Events, Fit
from causeway.intake.flow.layers import CONVOLUTION, RECURRENT, SCALING, is_loop
from causeway.intake.flow.values import UNKNOWN, Data, Estimator
from causeway.intake.python.code import Code
from causeway.intake.python.names import aliases_of, dotted
from causeway.intake.python.trees import nodes_in

MANY = 3
"""So many features are a list that somebody wrote, and no series that is shifted against itself."""


def trainings_of(code: Code, events: Events, beside: Iterable[Code] = ()) -> list[Training]:
    """Every fit of a model, and a training loop written by hand, here or in a file that this one imports."""
    found = [_of_fit(code, events, fit) for fit in events.fits if fit.estimator.kind in {"model", "network"}]
    if not found and events.torch_losses:
        loop = _torch_loop(code, events, beside)
        found += [loop] if loop else []
    if not found:
        found = [_of_fit(code, events, fit) for fit in events.similar[:1]]
    return list(dict.fromkeys(found))


def _of_fit(code: Code, events: Events, fit: Fit) -> Training:
    features, target = fit.features or Data(), fit.target or Data()
    estimator = fit.estimator
    task = events.networks.get(estimator.ident, "") or estimator.task
    column = target.column if fit.target is not None else None
    images = "images" in {features.sort, target.sort}
    if images and features.positive == "#binary":
        task = "binary"
    split = next(
        (split.at for split in reversed(events.splits) if not split.at.cell or _before(split.at, fit.at)),
        None,
    )
    told = _told(features, target) if fit.target is not None else ()
    text = estimator.text or "#text" in features.cleaned
    return Training(
        code.path,
        _called(events, estimator),
        fit.at,
        framework=_framework(estimator.module),
        task=task,
        data=features.source or target.source,
        target=_target(target, told),
        told=told,
        target_chosen=target.chosen and column is None,
        target_index=_index(target, column),
        positive=target.positive if not images else "",
        features=_features(features),
        dropped=tuple(name for name in features.dropped if name == UNKNOWN or name not in features.used),
        feature_slice=_slice(features),
        split=split if (features.part or split) else None,
        same_rows=_same_rows(events, fit),
        cleaned=tuple(name for name in features.cleaned if not name.startswith("#")),
        text=text,
        images=images,
        scaled="#scaled" in features.cleaned
        or any(not name for name, _ in features.derived)
        or bool(SCALING & set(events.layers.get(estimator.ident, []))),
        saves=_saves(events, estimator),
        **_judging(events),
    )


def _saves(events: Events, estimator: Estimator) -> tuple[str, ...]:
    """The files it is written to, those that a callback writes first."""
    kept = [item for item in events.saved if item.what == "checkpoint" and estimator.kind == "network"]
    own = [item for item in events.saved if item.estimator == estimator.ident]
    return tuple(dict.fromkeys(item.path for item in (*kept, *own) if item.path))


def _called(events: Events, estimator: Estimator) -> str:
    layers = events.layers.get(estimator.ident, [])
    ours = "keras" in estimator.module or estimator.name in NETWORKS
    if estimator.kind != "network" or not ours:
        return estimator.name
    base = next((name for name in layers if name in PRETRAINED), "")
    if base:
        return f"Keras network on {base}"
    if RECURRENT & set(layers):
        return f"Keras {next(name for name in layers if name in RECURRENT)} network"
    return "convolutional Keras network" if CONVOLUTION & set(layers) else estimator.name


def _told(features: Data, target: Data) -> tuple[str, ...]:
    """Columns among the features that the target is, or is made of."""
    name = target.column
    listed = features.columns
    named = isinstance(name, str) and not name.startswith("(")
    if not isinstance(name, str) or not named or not listed or len(listed) < MANY:
        return ()
    if listed == target.trimmed:  # the list trimmed the table, what then took the target out was not followed
        return ()
    made = {column for key, origins in target.derived if key == name for column in origins}
    replaced = {key for key, _ in features.derived}
    return tuple(column for column in listed if column == name or (column in made and column not in replaced))


def _target(target: Data, told: tuple[str, ...]) -> str:
    """The file's name for what is learned; that of a new column where its origin is a feature."""
    name = target.column
    if not isinstance(name, str) or name.startswith("("):
        return ""
    return name if told else _original(target, name)


def _original(data: Data, name: str) -> str:
    """The name that the file has for a column that was renamed or computed from one other."""
    for _ in range(5):
        earlier = next((old for new, old in reversed(data.renames) if new == name), "")
        origins = next((made for key, made in data.derived if key == name), frozenset[str]())
        if earlier and earlier != name:
            name = earlier
        elif len(origins) == 1 and name not in origins:
            name = next(iter(origins))
        else:
            break
    return name if not name.startswith("#") else ""


def _index(target: Data, column: str | int | None) -> int | None:
    if isinstance(column, int):
        return column
    numbered = next((old for new, old in target.renames if new == column and old.startswith("#")), "")
    return int(numbered[1:]) if numbered else None


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
        return () if features.column.startswith("(") else (_original(features, features.column),)
    made = dict(features.derived)
    found: dict[str, None] = {}
    for name in features.columns or ():
        origins = sorted(made.get(name, ())) or [name]
        found |= dict.fromkeys(_original(features, origin) for origin in origins)
    return tuple(found)


def _slice(features: Data) -> tuple[int, int] | None:
    if features.slice is None or features.slice[1] is None or features.slice[1] < 0:
        return None
    return (features.slice[0], features.slice[1])


def _same_rows(events: Events, fit: Fit) -> Evidence | None:
    """Where it is judged on the rows of its training, when it is judged on no others that we saw."""
    if fit.features is None or fit.features.part or not fit.features.source or events.splits:
        return None
    judged = [item for item in events.judged if not item.declared]
    same = [
        item
        for item in judged
        if any(rows.ident == fit.features.ident and not rows.part for rows in item.rows)
    ]
    return same[0].at if same and len(same) == len(judged) else None


def _torch_loop(code: Code, events: Events, beside: Iterable[Code]) -> Training | None:
    """The loop of this file, or of one that it imports for it and that has no loss of its own."""
    known = aliases_of(code)
    for one in (code, *beside):
        for block in one.blocks:
            for node in nodes_in(block.tree):
                lightning = isinstance(node, ast.FunctionDef) and node.name == "training_step"
                if lightning or is_loop(node):
                    return _torch(code, events, one.at(node, block), known)
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
    images = events.images[0] if events.images else None
    return Training(
        code.path,
        _torch_name(code, known),
        at,
        framework="PyTorch",
        task=task,
        data=_torch_data(events, images),
        target=column if isinstance(column, str) and not column.startswith("(") else "",
        images=images is not None,
        target_index=index,
        dropped=pieces[0].dropped if len(pieces) > 1 else (),
        split=split,
        saves=tuple(item.path for item in events.saved if "." in item.path.rsplit("/", 1)[-1]),
        **_judging(events),
    )


def _torch_data(events: Events, images: Data | None) -> str:
    if images is not None:
        return images.source
    return events.reads[0].path if events.reads else ""


def _torch_name(code: Code, known: dict[str, str]) -> str:
    called = {
        dotted(node.func, known).rsplit(".", 1)[-1]
        for block in code.blocks
        for node in nodes_in(block.tree)
        if isinstance(node, ast.Call)
    }
    base = next(iter(sorted(called & PRETRAINED.keys())), "")
    if base:
        return f"PyTorch {base}"
    if called & {"LSTM", "GRU", "RNN"}:
        return "PyTorch LSTM" if "LSTM" in called else "PyTorch recurrent network"
    return "convolutional PyTorch network" if called & CONVOLUTION else "PyTorch network"


def leaks_of(events: Events) -> list[Leak]:
    """What was fitted on rows that a later split set aside, and rows chosen by a column made from the
    target.
    """
    found: dict[tuple[str, str], Leak] = {}
    taught = any(fit.features and fit.features.part for fit in events.fits)
    by_hand = taught or bool(events.torch_losses)
    for split in events.splits:
        if split.how in {"slice", "mask", "sample"} and not by_hand:
            continue
        for data in split.data:
            for mark in data.marks:
                found.setdefault((mark.name, str(mark.at)), Leak(mark.kind, mark.name, mark.at, split.at))
    for mark in events.again:
        found.setdefault((mark.name, str(mark.at)), Leak("again", mark.name, mark.at, mark.at))
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
