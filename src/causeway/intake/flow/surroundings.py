"""Where code takes its values from: arguments, the environment, configuration files, paths, plain Python."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from causeway.intake.flow import constants
from causeway.intake.flow.values import (
    OPAQUE,
    Class,
    Columns,
    Data,
    Estimator,
    Instance,
    Literal,
    Many,
    Mapping,
    Opened,
    Value,
    choice,
    data_in,
    derived_from,
    estimators_in,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from causeway.intake.flow.calls import Call
    from causeway.intake.flow.following import Following

PARSER = Class("ArgumentParser", {}, (), ())
_PARSERS = {
    "yaml.safe_load", "yaml.load", "yaml.full_load", "json.load", "json.loads", "toml.load", "tomllib.load",
    "omegaconf.OmegaConf.load", "OmegaConf.load", "tomli.load",
}  # fmt: skip
_WRAPPERS = {
    "ConfigBox", "Box", "EasyDict", "AttrDict", "Munch", "DotMap", "DictConfig", "edict", "create",
    "munchify",
}  # fmt: skip
SPLITTERS = {
    "KFold", "StratifiedKFold", "GroupKFold", "TimeSeriesSplit", "ShuffleSplit", "StratifiedShuffleSplit",
    "RepeatedKFold", "RepeatedStratifiedKFold", "GroupShuffleSplit", "LeaveOneOut", "StratifiedGroupKFold",
}  # fmt: skip


def handler(name: str) -> Callable[[Following, Call], Value] | None:
    """Who follows this call, if it is one of these."""
    if name in _PARSERS:
        return _settings
    if name in _NAMED:
        return _NAMED[name]
    last = name.rsplit(".", 1)[-1]
    if last in _WRAPPERS:
        return _first_constant
    return _splitter if last in SPLITTERS else None


def on_parser(receiver: Instance, name: str, this: Call) -> Value:
    """What a command line's parser gives: arguments with their defaults."""
    if name == "add_argument":
        names = [value.value for value in this.args if isinstance(value, Literal)]
        dest = this.text(-1, "dest") or str(names[-1] if names else "").lstrip("-").replace("-", "_")
        receiver.fields[dest] = this.kwargs.get("default", OPAQUE)
        return OPAQUE
    return Many((receiver, OPAQUE)) if name == "parse_known_args" else receiver


def _settings(follower: Following, this: Call) -> Value:
    held = this.arg(0)
    path = held.path if isinstance(held, Opened) else this.text(0)
    found = follower.around.settings(path, follower.home.code.path) if path else None
    return constants.wrapped(found) if found is not None else OPAQUE


def _first_constant(_follower: Following, this: Call) -> Value:
    held = this.arg(0)
    return held if isinstance(held, Literal | Mapping) else derived_from(this.args)


def _environment(_follower: Following, this: Call) -> Value:
    return this.arg(1, "default")


def _option(_follower: Following, this: Call) -> Value:
    return this.arg(0, "default")


def _parser(_follower: Following, _this: Call) -> Value:
    return Instance(PARSER)


def _path(_follower: Following, this: Call) -> Value:
    parts = [item.value if isinstance(item, Literal) else None for item in this.args]
    known = [part for part in parts if isinstance(part, str) and part]
    if not parts:
        return Literal(".")
    return Literal("/".join(known)[: constants.MAX_TEXT]) if known else OPAQUE


def _folder(_follower: Following, this: Call) -> Value:
    held = this.text(0)
    return constants.attribute(Literal(held), "parent") if held else OPAQUE


def _base(_follower: Following, this: Call) -> Value:
    return Literal(posixpath.basename(this.text(0))) if this.text(0) else OPAQUE


def _here(_follower: Following, _this: Call) -> Value:
    return Literal(".")


def _same(_follower: Following, this: Call) -> Value:
    return this.arg(0)


def _inner(_follower: Following, this: Call) -> Value:
    return this.arg(0, "transformer")


def _list(_follower: Following, this: Call) -> Value:
    held = this.arg(0)
    if isinstance(held, Many | Columns | Literal):
        return held
    if isinstance(held, Mapping):
        return Many(tuple(Literal(key) for key, _ in held.items))
    if isinstance(held, Data) and held.column is None and not held.marks:
        return Columns()
    return derived_from([held])


def _dictionary(follower: Following, this: Call) -> Value:
    if this.kwargs:
        return Mapping(tuple(this.kwargs.items()))
    held = this.arg(0)
    pairs = [item.items for item in held.items if isinstance(item, Many)] if isinstance(held, Many) else []
    if pairs and all(len(pair) == 2 for pair in pairs):
        named = ((key.value if isinstance(key, Literal) else None, value) for key, value in pairs)
        return Mapping(tuple(named))
    return held if isinstance(held, Mapping | Literal) else _list(follower, this)


def _zip(_follower: Following, this: Call) -> Value:
    lists = [value.items if isinstance(value, Many) else None for value in this.args]
    longest = max((len(items) for items in lists if items), default=0)
    if not longest:
        return derived_from(this.args)
    rows = [
        Many(
            tuple(
                items[number] if items and number < len(items) else derived_from([value])
                for items, value in zip(lists, this.args, strict=True)
            )
        )
        for number in range(longest)
    ]
    return Many(tuple(rows))


def _enumerate(_follower: Following, this: Call) -> Value:
    held = this.arg(0)
    if isinstance(held, Many):
        return Many(tuple(Many((OPAQUE, item)) for item in held.items))
    return Many((Many((OPAQUE, held)),)) if data_in(held) or estimators_in(held) else OPAQUE


def _best(_follower: Following, this: Call) -> Value:
    """`max(models, key=...)`: one of them."""
    held = this.arg(0)
    return choice(list(held.items)) if isinstance(held, Many) and estimators_in(held) else OPAQUE


def _splitter(follower: Following, this: Call) -> Value:
    name = this.name.rsplit(".", 1)[-1]
    return Estimator(name, this.name, "splitter", this.at, follower.ident())


_NAMED: dict[str, Callable[[Following, Call], Value]] = {
    "os.getenv": _environment,
    "os.environ.get": _environment,
    "decouple.config": _environment,
    "argparse.ArgumentParser": _parser,
    "ArgumentParser": _parser,
    "typer.Option": _option,
    "typer.Argument": _option,
    "dataclasses.field": _option,
    "os.path.join": _path,
    "pathlib.Path": _path,
    "pathlib.PurePath": _path,
    "os.path.dirname": _folder,
    "os.path.basename": _base,
    "os.path.abspath": _same,
    "os.path.realpath": _same,
    "os.path.normpath": _same,
    "os.path.expanduser": _same,
    "str": _same,
    "os.fspath": _same,
    "os.getcwd": _here,
    "pathlib.Path.cwd": _here,
    "feature_engine.wrappers.SklearnTransformerWrapper": _inner,
    "copy.deepcopy": _same,
    "copy.copy": _same,
    "sklearn.base.clone": _same,
    "functools.partial": _same,
    "list": _list,
    "tuple": _list,
    "set": _list,
    "sorted": _list,
    "reversed": _list,
    "dict": _dictionary,
    "zip": _zip,
    "enumerate": _enumerate,
    "tqdm.tqdm": _same,
    "max": _best,
    "min": _best,
}
