"""Whether a document is a CycloneDX 1.6 bill of materials, by the bundled schemas; nothing is fetched."""

import json
import pkgutil
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jsonschema_rs import Draft7Validator

HOME = "http://cyclonedx.org/schema/"
SCHEMA = "bom-1.6.schema.json"
BESIDE = ("spdx.schema.json", "jsf-0.82.schema.json")
MAX_FAULTS = 5


def faults_of(document: object) -> tuple[str, ...]:
    """What in the document is not as the schema wants it, the first few; empty when it is valid."""
    found: list[str] = []
    for error in _validator().iter_errors(document):
        found.append(f"{'.'.join(map(str, error.instance_path))}: {error.message}"[:300])
        if len(found) == MAX_FAULTS:
            break
    return tuple(found)


@cache
def _validator() -> "Draft7Validator":
    # only a run that packages a release needs it, and the library takes 10 ms to import
    from jsonschema_rs import Draft7Validator, Registry  # noqa: PLC0415

    beside = Registry([(HOME + name, _schema(name)) for name in BESIDE])
    return Draft7Validator(_schema(SCHEMA), registry=beside, validate_formats=True)


def _schema(name: str) -> dict[str, object]:
    return json.loads(pkgutil.get_data("causeway.core", f"reference/cyclonedx/{name}") or b"")
