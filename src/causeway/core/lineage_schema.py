"""Whether a document is an OpenLineage 2-0-2 event, facets and all, by the bundled schemas."""

import json
import pkgutil
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator

EVENT = "https://openlineage.io/spec/2-0-2/OpenLineage.json"


def faults_of(event: object) -> tuple[str, ...]:
    """What in the event, and in its facets by their own schemas, is not as published; empty when valid."""
    found = [
        f"{'.'.join(map(str, fault.instance_path))}: {fault.message}"
        for fault in _faults(event, _form(event))
    ]
    for name, facet in facets_in(event):
        found += [f"{name}: {fault.message}" for fault in _faults(facet, str(facet["_schemaURL"]))]
    return tuple(found)


def facet_faults(kind: str, facets: object) -> tuple[str, ...]:
    """What in an object of facets is not as this kind of facet wants it."""
    return tuple(fault.message for fault in _validator(_schema(kind)["$id"]).iter_errors(facets))


def facets_in(value: object) -> Iterator[tuple[str, dict[str, object]]]:
    """Every facet in an event, however deep, with its name."""
    if isinstance(value, dict):
        for name, inner in cast("dict[str, object]", value).items():
            if isinstance(inner, dict) and "_schemaURL" in inner:
                yield name, cast("dict[str, object]", inner)
            yield from facets_in(cast("object", inner))
    elif isinstance(value, list):
        for inner in cast("list[object]", value):
            yield from facets_in(inner)


def _form(event: object) -> str:
    """The definition that the event is to keep, by what it tells of."""
    told = cast("dict[str, object]", event) if isinstance(event, dict) else {}
    name = "RunEvent" if "run" in told else "DatasetEvent" if "dataset" in told else "JobEvent"
    return f"{EVENT}#/$defs/{name}"


def _faults(value: object, url: str):  # noqa: ANN202 - the library's own errors
    known = url.partition("#")[0] in _published()
    if not known:
        # somebody's own facet: nobody here can say what it must be
        return iter(())
    if url.startswith(EVENT):
        return _validator(url).iter_errors(value)
    name = url.rsplit("/", 1)[-1].removesuffix(".json")
    return _validator(f"{url.partition('#')[0]}#/$defs/{name}").iter_errors(value)


@cache
def _validator(reference: str) -> "Draft202012Validator":
    # only a test and a doubt need it, and the library takes 10 ms to import
    from jsonschema_rs import Draft202012Validator, Registry  # noqa: PLC0415

    beside = Registry(list(_published().items()))
    return Draft202012Validator({"$ref": reference}, registry=beside, validate_formats=True)


@cache
def _published() -> dict[str, dict[str, object]]:
    places = files("causeway.core").joinpath("reference/openlineage/facets").iterdir()
    schemas = [_schema(place.name.removesuffix(".json")) for place in places]
    return {EVENT: _read("OpenLineage.json"), **{str(schema["$id"]): schema for schema in schemas}}


def _schema(kind: str) -> dict[str, object]:
    return _read(f"facets/{kind}.json")


def _read(path: str) -> dict[str, object]:
    return json.loads(pkgutil.get_data("causeway.core", f"reference/openlineage/{path}") or b"")
