"""Looks at a folder, and drafts its promise and the contract of its data; touches nothing else."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from causeway.actions.check import KINDS, gravest, judged
from causeway.actions.promise import MANIFEST, Asked, Promise, promise_of
from causeway.actions.workspace import write_whole
from causeway.assess.poc.judging import Verdict, verdict
from causeway.assess.poc.sentence import sentence, sources
from causeway.core.contract_draft import contract_of_file
from causeway.core.contract_text import write_contract
from causeway.core.finding import Evidence, Finding
from causeway.core.manifest import DataPart, Manifest, ModelPart, ProductPart
from causeway.core.manifest_draft import Question, draft_manifest
from causeway.core.manifest_text import parse_manifest
from causeway.core.poc import DataFile, Poc, Reach
from causeway.intake import read_poc

TOP = 3
# the last number says which repairs were in it, and is seldom to be had again
_PYTHON = re.compile(r"(3\.\d{1,2})(?:\.\d{1,2})?")


class InitReport(Struct, frozen=True, omit_defaults=True):
    """What was found, and which files were written; `status` is `drafted` or `already_drafted`."""

    folder: str
    status: str
    sentence: str
    sources: tuple[Evidence, ...]
    verdict: Verdict
    findings: tuple[Finding, ...]
    """The gravest few; `causeway check` has them all."""
    written: tuple[str, ...]
    questions: tuple[Asked, ...]
    next: str
    reach: Reach


def init(folder: Path) -> InitReport:
    """Reads the folder and drafts what is not there yet; a manifest that is there stays as it is."""
    poc = read_poc(folder)
    promise = promise_of(folder)
    status, written = "already_drafted", tuple[str, ...]()
    if promise.manifest is None:
        manifest, contract = drafts(poc)
        written = _write(folder, manifest, contract)
        promise = Promise(parse_manifest(manifest, where=MANIFEST), manifest)
        status = "drafted"
    findings = judged(folder, poc, promise.manifest)
    return InitReport(
        folder=str(folder),
        status=status,
        sentence=sentence(poc),
        sources=sources(poc),
        verdict=verdict(findings),
        findings=gravest(findings, TOP),
        written=written,
        questions=promise.questions(),
        next=f"causeway check {shlex.quote(str(folder))}",
        reach=poc.reach,
    )


class Draft(Struct, frozen=True):
    """A contract's text and its path inside the folder."""

    path: str
    text: str


def drafts(poc: Poc) -> tuple[str, Draft | None]:
    """The text of the manifest, and the contract of the training data where there is any to describe."""
    product = slug(poc.name) or "product"
    file = poc.training_file()
    contract = _contract(product, poc, file) if file and file.columns else None
    manifest = Manifest(
        product=ProductPart(name=product, kind=KINDS.get(poc.kind.value, "")),
        data=tuple(_data(poc, file, contract)),
        model=_model(poc),
    )
    return draft_manifest(manifest, questions=tuple(_questions(poc)), notes=_notes(poc)), contract


def slug(name: str) -> str:
    """The name in lower-case letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:63].strip("-")


def _contract(product: str, poc: Poc, file: DataFile) -> Draft:
    name = _data_name(file)
    contract = contract_of_file(product, name, file, target=poc.target.value)
    return Draft(f"contracts/{name}.odcs.yaml", write_contract(contract))


def _data_name(file: DataFile) -> str:
    return slug(Path(file.path).stem) or "data"


def _data(poc: Poc, file: DataFile | None, contract: Draft | None) -> Iterator[DataPart]:
    if file is None:
        return
    yield DataPart(
        name=_data_name(file),
        path=file.path,
        contract=contract.path if contract else "",
        target=poc.target.value,
        positive=poc.positive.value,
        identifiers=poc.identifiers,
        time_column=poc.time_column.value,
    )


def _model(poc: Poc) -> ModelPart:
    stated = _PYTHON.fullmatch(poc.python.value) if poc.python.certainty >= 0.8 else None
    declared = next((item.path for item in poc.requirement_files if item.count and "/" not in item.path), "")
    return ModelPart(
        train=poc.train.value,
        serve=poc.serve.value,
        python=stated[1] if stated else "",
        requirements=declared,
    )


def _questions(poc: Poc) -> Iterator[Question]:
    if not poc.kind:
        yield Question("product.kind", "What does it answer?")
    if poc.training_file() and not poc.target:
        perhaps = f" Perhaps {' or '.join(poc.target.candidates)}." if poc.target.candidates else ""
        yield Question("data.target", f"Which column should it predict?{perhaps}")
    if poc.kind.value == "binary classification" and not poc.positive and poc.positive.candidates:
        yield Question("data.positive", f"Which value counts as yes: {' or '.join(poc.positive.candidates)}?")


def _notes(poc: Poc) -> dict[str, str]:
    seen = {
        "product.kind": poc.kind,
        "data.target": poc.target,
        "model.train": poc.train,
        "model.serve": poc.serve,
    }
    return {key: f"seen in {guess.at}" for key, guess in seen.items() if guess and guess.at}


def _write(folder: Path, manifest: str, contract: Draft | None) -> tuple[str, ...]:
    """Both files or neither; a contract that is there already is used as it is."""
    made_folder, made_contract = None, None
    if contract and not (folder / contract.path).exists():
        made_contract = folder / contract.path
        made_folder = None if made_contract.parent.exists() else made_contract.parent
        _attempt(made_contract, contract.text, made_folder=made_folder)
    try:
        _write_readable(folder / MANIFEST, manifest)
    except BaseException:
        if made_contract:
            made_contract.unlink(missing_ok=True)
        if made_folder:
            made_folder.rmdir()
        raise
    return (MANIFEST, *([contract.path] if contract and made_contract else []))


def _write_readable(path: Path, text: str) -> None:
    write_whole(path, text.encode())
    # colleagues read these two; the state beside them is private
    path.chmod(0o644)


def _attempt(path: Path, text: str, *, made_folder: Path | None) -> None:
    try:
        _write_readable(path, text)
    except BaseException:
        if made_folder and made_folder.exists():
            made_folder.rmdir()
        raise
