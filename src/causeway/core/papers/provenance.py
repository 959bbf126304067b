"""SLSA provenance v1 in an in-toto statement: from what a release was built, by what, and when."""

from collections.abc import Iterator
from datetime import UTC, datetime

from msgspec import Struct

from causeway import __version__
from causeway.core.model_signing import STATEMENT
from causeway.core.papers.facts import PaperFacts, hexdigits, package_url

PREDICATE = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "urn:causeway:run:1"
TREE = "causewayTree1"
"""The digest of a folder: SHA-256 over the canonical JSON of each path and its file's digest."""
FILES = {"data", "contract", "manifest", "environment"}

Document = dict[str, object]


class Built(Struct, frozen=True):
    """One run of the pipeline: its times are its own, and no part of the release's name."""

    run: str
    started: datetime
    finished: datetime
    code: str
    """Digest of the code of Causeway itself."""


def provenance(facts: PaperFacts, built: Built, *, files: dict[str, str]) -> Document:
    """The statement about these files of the bundle, path to digest."""
    return {
        "_type": STATEMENT,
        "subject": [{"name": path, "digest": {"sha256": hexdigits(files[path])}} for path in sorted(files)],
        "predicateType": PREDICATE,
        "predicate": {"buildDefinition": _definition(facts, built), "runDetails": _details(built)},
    }


def _definition(facts: PaperFacts, built: Built) -> Document:
    return {
        "buildType": BUILD_TYPE,
        "externalParameters": {
            "product": facts.product.name,
            "train": facts.script,
            "data": facts.source,
            "target": facts.release.target,
        },
        "internalParameters": {"causeway": __version__, "code": built.code, "python": facts.python},
        "resolvedDependencies": [*_inputs(facts), *_packages(facts)],
    }


def _inputs(facts: PaperFacts) -> Iterator[Document]:
    for name, digest in sorted(facts.release.inputs.items()):
        kind = "sha256" if name in FILES else TREE
        said: Document = {"name": name, "digest": {kind: hexdigits(digest)}}
        if name == "data":
            said["annotations"] = {"path": facts.source, "rows": facts.rows_in_source}
        yield said


def _packages(facts: PaperFacts) -> Iterator[Document]:
    for name in sorted(facts.pins):
        yield {"name": name, "uri": package_url(name, facts.pins[name])}


def _details(built: Built) -> Document:
    return {
        "builder": {"id": f"urn:causeway:{__version__}", "version": {"causeway": __version__}},
        "metadata": {
            "invocationId": built.run,
            "startedOn": _time(built.started),
            "finishedOn": _time(built.finished),
        },
    }


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
