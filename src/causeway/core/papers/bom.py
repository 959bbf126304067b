"""A CycloneDX 1.6 bill of materials: the model with its card, the data, and every package that trained it."""

import uuid
from collections.abc import Iterator

from causeway import __version__
from causeway.core.ids import canonical_json, digest_of, short
from causeway.core.papers.facts import PaperFacts, hexdigits, number, package_url
from causeway.core.release import Field, Release

Document = dict[str, object]

PRODUCT, MODEL, DATA, PYTHON = "product", "model", "data", "python"
FORMATS = {"number": "number", "integer": "integer", "boolean": "boolean", "text": "string"}


def bill_of_materials(facts: PaperFacts) -> Document:
    """The document; the same release has the same one, so it carries no time."""
    libraries = [_library(name, facts.pins[name]) for name in sorted(facts.pins)]
    body: Document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": _metadata(facts),
        "components": [_model(facts), _data(facts), _python(facts), *libraries],
        "dependencies": _dependencies(libraries),
    }
    named = uuid.UUID(hexdigits(digest_of(canonical_json(body)))[:32], version=5)
    return {**body, "serialNumber": named.urn}


def _metadata(facts: PaperFacts) -> Document:
    product: Document = {"type": "application", "bom-ref": PRODUCT, "name": facts.product.name}
    if facts.product.purpose:
        product["description"] = facts.product.purpose
    tool = {"type": "application", "name": "causeway", "version": __version__}
    return {
        "lifecycles": [{"phase": "build"}],
        "tools": {"components": [tool]},
        "component": product,
    }


def _model(facts: PaperFacts) -> Document:
    release = facts.release
    digest = release.files[release.model.file]
    return {
        "type": "machine-learning-model",
        "bom-ref": MODEL,
        "name": facts.product.name,
        "version": short(digest),
        "description": f"{release.model.estimator}, predicts {release.target}",
        "hashes": [_sha256(digest)],
        "modelCard": {
            "modelParameters": _parameters(release),
            "quantitativeAnalysis": {"performanceMetrics": list(_metrics(release))},
            "considerations": _considerations(facts),
        },
        "properties": list(_properties(facts)),
    }


def _parameters(release: Release) -> Document:
    return {
        "approach": {"type": "supervised"},
        "task": release.task,
        "architectureFamily": release.model.framework,
        "modelArchitecture": release.model.estimator,
        "datasets": [{"ref": DATA}],
        "inputs": [{"format": _format(field)} for field in release.signature.inputs],
        "outputs": [{"format": f"{output.name}: {output.kind}"} for output in release.signature.outputs],
    }


def _format(field: Field) -> str:
    return f"{field.name}: {FORMATS.get(field.kind, field.kind)}"


def _metrics(release: Release) -> Iterator[Document]:
    seen = release.evaluation
    whole = (None, seen.value, seen.low, seen.high)
    for name, value, low, high in (
        whole,
        *((each.name, each.value, each.low, each.high) for each in seen.slices),
    ):
        if value is None:
            continue
        metric: Document = {"type": seen.metric, "value": number(value)}
        if name is not None:
            metric["slice"] = name
        if low is not None and high is not None:
            metric["confidenceInterval"] = {"lowerBound": number(low), "upperBound": number(high)}
        yield metric
    yield {"type": f"{seen.metric} of {seen.baseline_name}", "value": number(seen.baseline)}
    for name, value in sorted(seen.others.items()):
        if name == seen.metric:
            continue
        yield {"type": name, "value": number(value)}


def _considerations(facts: PaperFacts) -> Document:
    said: Document = {}
    if facts.open_findings:
        said["technicalLimitations"] = list(facts.open_findings)
    if facts.product.purpose:
        said["useCases"] = [facts.product.purpose]
    return said


def _properties(facts: PaperFacts) -> Iterator[Document]:
    parity = facts.release.parity
    yield _property("parity.rows", str(parity.rows))
    yield _property("parity.rows_equal", str(parity.rows_equal))
    yield _property("parity.largest_difference", number(parity.largest_difference))
    yield _property("evaluation.method", facts.release.evaluation.method)
    yield _property("evaluation.rows", str(facts.release.evaluation.rows))


def _property(name: str, value: str) -> Document:
    return {"name": f"causeway:{name}", "value": value}


def _data(facts: PaperFacts) -> Document:
    digest = facts.release.inputs.get("data", "")
    described: Document = {"type": "dataset", "name": facts.source}
    component: Document = {"type": "data", "bom-ref": DATA, "name": facts.source, "data": [described]}
    if digest:
        component |= {"version": short(digest), "hashes": [_sha256(digest)]}
    return component


def _python(facts: PaperFacts) -> Document:
    return {"type": "platform", "bom-ref": PYTHON, "name": "python", "version": facts.python}


def _library(name: str, version: str) -> Document:
    url = package_url(name, version)
    return {"type": "library", "bom-ref": url, "name": name, "version": version, "purl": url}


def _dependencies(libraries: list[Document]) -> list[Document]:
    behind = [DATA, PYTHON, *(library["bom-ref"] for library in libraries)]
    return [{"ref": PRODUCT, "dependsOn": [MODEL]}, {"ref": MODEL, "dependsOn": behind}]


def _sha256(digest: str) -> Document:
    return {"alg": "SHA-256", "content": hexdigits(digest)}
