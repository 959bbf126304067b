"""Data contracts from YAML and back, held to the standard's own schema."""

import json
import pkgutil
from functools import cache
from typing import TYPE_CHECKING, cast

import msgspec
from msgspec import Struct

from causeway.core.contract import NESTED, Contract, key_names, whole_keys
from causeway.core.contract_yaml import dump_yaml, line_of, load_yaml
from causeway.core.errors import BadContract

if TYPE_CHECKING:
    from jsonschema_rs import Draft201909Validator, ValidationError

_SCHEMA = "reference/odcs-json-schema-v3.2.0.json"
_MAX_SHOWN = 5
_MAX_SHOWN_CHARACTERS = 200

Document = dict[str, object]


def read_contract(text: str | bytes, *, where: str) -> Contract:
    """The contract in this text; raises BadContract with line and reason."""
    if isinstance(text, bytes):
        text = _decoded(text, where=where)
    document = load_yaml(text.removeprefix("\ufeff"), where=where)
    _hold_to_schema(document, text, where=where)
    try:
        return msgspec.convert(_fold(cast("Document", document), Contract), Contract)
    except msgspec.ValidationError as error:
        raise BadContract(str(error), where=where, hint="compare it with docs/contracts.md") from error


def write_contract(contract: Contract) -> str:
    """The contract as YAML; what was read comes out again with the same content."""
    return dump_yaml(document_of(contract))


def document_of(contract: Contract) -> Document:
    """The contract as plain values, keys as in the standard."""
    document = cast("Document", _unfold(msgspec.to_builtins(contract), Contract))
    # written always: the schema wants them, though they are our defaults
    return {"kind": contract.kind, "apiVersion": contract.api_version, **document}


def _decoded(content: bytes, *, where: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise BadContract(
            "the contract is not UTF-8 text", where=f"{where}:{line}", hint="save the file as UTF-8"
        ) from error


def _hold_to_schema(document: object, text: str, *, where: str) -> None:
    if document is None:
        raise BadContract("the contract is empty", where=f"{where}:1", hint="`causeway init` drafts one")
    try:
        errors = list(_validator().iter_errors(document))
    except (ValueError, TypeError) as error:
        # a number as key, or a value with a tag such as !!binary
        raise BadContract(f"the contract holds what JSON has no word for: {error}", where=where) from error
    if not errors:
        return
    told = list(dict.fromkeys(_told(error, text, where=where) for error in errors))
    first_place, first_words = told[0]
    listed = "\n".join(f"  {place}: {words}" for place, words in told[:_MAX_SHOWN])
    more = f"\n  and {len(told) - _MAX_SHOWN} more" if len(told) > _MAX_SHOWN else ""
    raise BadContract(
        first_words if len(told) == 1 else f"{len(told)} problems in the contract\n{listed}{more}",
        where=first_place,
        hint="the Open Data Contract Standard 3.2.0 says what may stand there",
    )


def _told(error: "ValidationError", text: str, *, where: str) -> tuple[str, str]:
    path = error.instance_path
    words = error.message[:_MAX_SHOWN_CHARACTERS]
    at = ".".join(map(str, path))
    return f"{where}:{line_of(text, path)}", f"`{at}`: {words}" if at else words


@cache
def _validator() -> "Draft201909Validator":
    # most commands never see a contract, and the library takes 10 ms to import
    from jsonschema_rs import Draft201909Validator  # noqa: PLC0415

    content = pkgutil.get_data("causeway.core", _SCHEMA)
    return Draft201909Validator(json.loads(content or b""))


def _fold(document: Document, kind: type[Struct]) -> Document:
    """The same mapping, with the keys that `kind` does not model moved into `rest`."""
    known = key_names(kind)
    nested = NESTED.get(kind, {})
    whole = whole_keys(kind)
    folded = {
        key: _fold_value(value, nested[key]) if key in nested else _whole(value) if key in whole else value
        for key, value in document.items()
        if key in known
    }
    return {**folded, "rest": {key: value for key, value in document.items() if key not in known}}


def _whole(value: object) -> object:
    """To the standard's schema 3.0 is an integer, too."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _fold_value(value: object, kind: type[Struct]) -> object:
    if isinstance(value, list):
        return [_fold(item, kind) for item in cast("list[Document]", value)]
    return _fold(cast("Document", value), kind)


def _unfold(value: object, kind: type[Struct]) -> object:
    """The same values, with `rest` back in place."""
    if isinstance(value, list | tuple):
        return [_unfold(item, kind) for item in cast("list[object]", value)]
    document = dict(cast("Document", value))
    rest = cast("Document", document.pop("rest", {}))
    nested = NESTED.get(kind, {})
    for key, inner in document.items():
        if key in nested:
            document[key] = _unfold(inner, nested[key])
        elif isinstance(inner, tuple):
            document[key] = list(cast("tuple[object, ...]", inner))
    return document | rest
