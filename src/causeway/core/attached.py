"""A model that another tool keeps: where it comes from, what is claimed of it, and how it was saved."""

import json
from collections.abc import Mapping
from typing import cast

from msgspec import Struct

from causeway.core.contract_yaml import load_yaml
from causeway.core.errors import BadContract, Refused

MLMODEL = "MLmodel"
FLAVOURS = ("sklearn", "xgboost", "lightgbm")
"""The flavours that are taken, by their names in an MLmodel file."""
OPENED = (
    "XGBClassifier", "XGBRegressor", "XGBRFClassifier", "XGBRFRegressor", "LGBMClassifier", "LGBMRegressor",
)  # fmt: skip
"""The classes of other libraries that are opened, by name: the name becomes a part of a script."""
BARE = ("Booster",)
"""Classes that answer without classes, and cannot be fitted anew."""


class Origin(Struct, frozen=True, omit_defaults=True):
    """Where a model was brought from; `metrics` are what its makers claim, and nothing measured here."""

    address: str
    words: str
    name: str
    run: str = ""
    version: str = ""
    metrics: dict[str, float] = {}
    parameters: dict[str, str] = {}


class Input(Struct, frozen=True):
    """One column that the model takes, as its signature says."""

    name: str
    type: str
    required: bool = True


class Saved(Struct, frozen=True, omit_defaults=True):
    """What an MLmodel file says of the model beside it."""

    flavour: str
    file: str
    form: str
    """`skops`, `pickle`, `cloudpickle`, or the framework's own (`xgboost`)."""
    estimator: str = ""
    """The class that opens the framework's own form."""
    inputs: tuple[Input, ...] = ()
    example: str = ""
    run: str = ""
    by: str = ""
    """The version of MLflow that wrote it."""


def read_mlmodel(text: str, *, where: str) -> Saved:
    """The model that this file describes; refused where it is of no flavour that is taken."""
    try:
        document = load_yaml(text, where=where)
    except BadContract as error:
        raise _unreadable(where, error.where) from error
    told = _mapping(document)
    flavours = _mapping(told.get("flavors"))
    flavour = next((name for name in FLAVOURS if name in flavours), "")
    if not flavour:
        has = ", ".join(flavours) or "none"
        raise Refused(
            f"the model has no flavour that is taken (it has {has})",
            where=where,
            hint=f"log it as one of: {', '.join(FLAVOURS)}",
        )
    saved = _saved(flavour, _mapping(flavours[flavour]), where=where)
    example = _mapping(told.get("saved_input_example_info")).get("artifact_path")
    return Saved(
        flavour=flavour,
        file=saved.file,
        form=saved.form,
        estimator=saved.estimator,
        inputs=_inputs(told, where=where),
        example=_inside(str(example), where=where) if example else "",
        run=str(told.get("run_id") or ""),
        by=str(told.get("mlflow_version") or ""),
    )


def _saved(flavour: str, part: Mapping[str, object], *, where: str) -> Saved:
    key = "pickled_model" if flavour == "sklearn" else "data"
    file = _inside(str(part.get(key) or ""), where=where)
    estimator = str(part.get("model_class") or part.get("model_type") or "").rpartition(".")[2]
    if estimator in BARE:
        raise Refused(
            f"the model is a bare {estimator}, which gives numbers without classes",
            where=where,
            hint="log the scikit-learn form of it: XGBClassifier, LGBMRegressor and their like",
        )
    if estimator and estimator not in OPENED:
        raise Refused(
            f"the model is of the class {estimator[:60]!r}, which is not opened here",
            where=where,
            hint=f"log one of: {', '.join(OPENED)}",
        )
    if flavour == "sklearn":
        form = str(part.get("serialization_format") or "pickle")
    elif file.endswith((".pkl", ".pickle", ".skops")):
        form = "skops" if file.endswith(".skops") else "pickle"
    else:
        form = flavour
    return Saved(flavour, file, form, estimator)


def _inside(path: str, *, where: str) -> str:
    """The path, if it stays in the folder of its MLmodel file."""
    parts = path.split("/")
    if not path or "\\" in path or path.startswith("/") or not set(parts).isdisjoint({"", ".", ".."}):
        raise Refused(
            f"it names the file {path[:80]!r}, which lies outside its folder",
            where=where,
            hint="attach the folder that the model was saved to",
        )
    return path


def _inputs(told: Mapping[str, object], *, where: str) -> tuple[Input, ...]:
    """The named columns of the signature; none where it has none, or one tensor without names."""
    text = _mapping(told.get("signature")).get("inputs")
    if not text:
        return ()
    try:
        columns = cast("object", json.loads(str(text)))
    except (ValueError, RecursionError) as error:
        raise _unreadable(where, where) from error
    listed = cast("list[object]", columns) if isinstance(columns, list) else []
    each = [_mapping(column) for column in listed]
    if not all(column.get("name") for column in each):
        return ()
    return tuple(
        Input(str(column["name"]), str(column.get("type") or ""), column.get("required") is not False)
        for column in each
    )


def _unreadable(where: str, line: str) -> Refused:
    return Refused("the MLmodel file cannot be read", where=line or where, hint="log the model again")


def _mapping(value: object) -> dict[str, object]:
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}
