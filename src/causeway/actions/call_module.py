"""Writes a small typed Python module that calls one product and needs nothing but the standard library."""

import json
import keyword
import pkgutil
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from causeway.actions.bundles import Bundle
from causeway.actions.call_target import live_product, target_of
from causeway.actions.workspace import write_whole
from causeway.core.errors import Conflict, UsageError
from causeway.core.ids import short
from causeway.core.release import Field, Output, Release

MADE = '"""Calls the product '
MODE = 0o644
TYPES = {"number": "float", "integer": "int", "boolean": "bool", "text": "str"}
LONGEST = 100
BUILT_IN = ("self", "float", "int", "bool", "str", "dict", "tuple", "object")


class Module(Struct, frozen=True):
    """A module that was written; `already_written` where the file held the same before."""

    product: str
    release: str
    file: str
    status: str
    fields: int
    outputs: int


def write_module(wanted: str, folder: Path, into: Path) -> Module:
    """The module for what is live of this product, in this file; another's file is never replaced."""
    if into.suffix != ".py":
        raise UsageError(f"{into} is no Python file", hint=f"name one: --into {into.stem or 'client'}.py")
    live = live_product(target_of(wanted, folder))
    text = module_text(live.bundle, live.fields, may_be_null=live.may_be_null)
    status = "written"
    if into.exists():
        before = into.read_text(encoding="utf-8", errors="replace")
        if not before.startswith(MADE):
            raise Conflict(f"{into} is there already, and not of ours", hint="name another file: --into")
        status = "already_written" if before == text else "written"
    if status == "written":
        write_whole(into.absolute(), text.encode(), mode=MODE)
    signature = live.bundle.release.signature
    return Module(
        live.target.product,
        live.bundle.digest,
        str(into),
        status,
        len(signature.inputs),
        len(signature.outputs),
    )


def module_text(bundle: Bundle, fields: Sequence[Field], *, may_be_null: bool) -> str:
    """The module's text: one dataclass a row, one an answer, and a client."""
    release = bundle.release
    template = (pkgutil.get_data("causeway.actions", "call_module.tmpl") or b"").decode()
    names = identifiers([field.name for field in fields], taken=(*BUILT_IN, "sent"))
    outputs = identifiers(
        [output.name for output in release.signature.outputs], taken=(*BUILT_IN, "id", "flags")
    )
    parts = {
        "PRODUCT": release.product,
        "SHORT": short(bundle.digest),
        "RELEASE": bundle.digest,
        "TARGET": _one_line(release.target),
        "ROW_FIELDS": "\n".join(_row_fields(bundle, fields, names)),
        "ROW_SENT": "\n".join(
            f"            {_text(field.name)}: self.{name},"
            for field, name in zip(fields, names, strict=True)
        ),
        "ANSWER_FIELDS": "\n".join(
            f"    {name}: {_output_type(output, may_be_null=may_be_null)}"
            for output, name in zip(release.signature.outputs, outputs, strict=True)
        ),
        "ANSWER_READ": _answer_read(release, outputs, may_be_null=may_be_null),
        "EXAMPLE": "\n".join(
            f"    {name}={_literal(bundle.example.get(field.name))},"
            for field, name in zip(fields, names, strict=True)
        ),
    }
    parts["TYPING"] = "Literal, cast" if "Literal[" in "".join(parts.values()) else "cast"
    # in one pass: what a release is called may look like a place in the template
    return re.sub("@([A-Z_]+)@", lambda found: parts[found[1]], template)


def identifiers(names: Sequence[str], *, taken: Sequence[str] = ()) -> list[str]:
    """A Python name for each, all different, as near to the given ones as can be."""
    made: list[str] = []
    for name in names:
        plain = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_").lower() or "field"
        plain = f"n{plain}" if plain[0].isdecimal() else plain
        plain = f"{plain}_" if keyword.iskeyword(plain) or keyword.issoftkeyword(plain) else plain
        number, candidate = 2, plain
        while candidate in made or candidate in taken:
            candidate, number = f"{plain}_{number}", number + 1
        made.append(candidate)
    return made


def _row_fields(bundle: Bundle, fields: Sequence[Field], names: Sequence[str]) -> Iterator[str]:
    release = bundle.release
    for field, name in zip(fields, names, strict=True):
        kind = _closed(field, release) or TYPES[field.kind]
        if kind == "str" and isinstance(bundle.example.get(field.name), int | float):
            kind = "str | float"
        optional = not field.required or release.missing == "flag"
        yield f"    {name}: {kind}{' | None = None' if optional else ''}"
        if said := _said(field, name):
            yield f"    {_text(said)}"


def _said(field: Field, name: str) -> str:
    words: list[str] = []
    if name != field.name:
        words.append(f"The field {_one_line(field.name)!r}.")
    if field.at_least is not None or field.at_most is not None:
        low, high = ("any" if bound is None else f"{bound:g}" for bound in (field.at_least, field.at_most))
        words.append(f"The contract allows {low} to {high}.")
    if field.minimum is not None or field.maximum is not None:
        low, high = ("any" if bound is None else f"{bound:g}" for bound in (field.minimum, field.maximum))
        words.append(f"Proven on {low} to {high}; outside of that it is flagged.")
    return " ".join(words)


def _closed(field: Field, release: Release) -> str:
    """The field's categories as a type, where others are refused and it stays readable."""
    if field.kind != "text" or not field.categories or release.unseen == "flag":
        return ""
    listed = f"Literal[{', '.join(map(_text, field.categories))}]"
    return listed if len(listed) <= LONGEST else ""


def _output_type(output: Output, *, may_be_null: bool) -> str:
    kind = {"probability": "dict[str, float]", "label": _label_type(output), "act": "bool"}.get(
        output.kind, "float"
    )
    return f"{kind} | None" if may_be_null else kind


def _label_type(output: Output) -> str:
    # a model that knows its classes as numbers answers with them
    numbers = all(name.lstrip("-").isdecimal() for name in output.classes)
    listed = f"Literal[{', '.join(map(_text, output.classes))}]"
    if not output.classes or numbers or len(listed) > LONGEST:
        return "str | int" if numbers else "str"
    return listed


def _answer_read(release: Release, names: Sequence[str], *, may_be_null: bool) -> str:
    outputs = release.signature.outputs
    if len(outputs) == 1:
        return f"        {names[0]}=cast({_output_type(outputs[0], may_be_null=may_be_null)}, prediction),"
    return "\n".join(
        f"        {name}=cast({_output_type(output, may_be_null=may_be_null)}, "
        f'cast("dict[str, object]", prediction)[{_text(output.name)}]),'
        for output, name in zip(outputs, names, strict=True)
    )


def _text(value: str) -> str:
    # reads the same in Python, escapes and all
    return json.dumps(value, ensure_ascii=False)


def _literal(value: object) -> str:
    return _text(value) if isinstance(value, str) else repr(value)


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace("\\", "/").replace('"', "'")
