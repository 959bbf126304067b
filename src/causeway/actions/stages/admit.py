"""Judges what was saved before it is opened: the model that the training made, and those in the folder."""

from collections.abc import Iterator
from pathlib import Path

from msgspec import structs

from causeway.actions.stages.recover import Recovered
from causeway.actions.stages.site import Site
from causeway.core.admission import Admission
from causeway.core.attached import MLMODEL
from causeway.core.poc import Poc
from causeway.intake.admission import judge_artefact
from causeway.recover import LoadedTrace

ADMISSIONS = "artefacts.json"
CAUGHT = "the model that the training made"


def admissions(
    site: Site, poc: Poc, trace: Path, loaded: LoadedTrace, recovered: Recovered
) -> tuple[Admission, ...]:
    """The verdict on each saved model, that of this run first; evidence, and no gate by itself."""
    verdicts = (*_caught(trace, loaded, recovered), *_in_folder(site, poc))
    for verdict in verdicts:
        if not verdict.allowed:
            site.watcher.said(f"{verdict.path} is not on the list of what is safe to open: {verdict.why}")
    return verdicts


def _caught(trace: Path, loaded: LoadedTrace, recovered: Recovered) -> Iterator[Admission]:
    for captured in loaded.trace.captured:
        if captured.object == recovered.model and captured.file:
            verdict = judge_artefact(trace / captured.file, named=CAUGHT)
            # the same training pickles the same model in other bytes; the release's name must not know
            yield structs.replace(verdict, digest="")


def _in_folder(site: Site, poc: Poc) -> Iterator[Admission]:
    named = {model.path for model in poc.models} | {site.manifest.model.artifact} - {""}
    for path in sorted(named):
        if (site.folder / path).is_file() and Path(path).name != MLMODEL:
            yield judge_artefact(site.folder / path, named=path)
