"""`causeway check --try`: the proof of concept run on a copy, in a cage, and what that showed."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

from msgspec import structs

from causeway.actions.init import drafts
from causeway.actions.trial import entries, measure, saved, serving
from causeway.actions.trial.place import Place, place
from causeway.actions.trial.run import TrialRun, Try
from causeway.actions.trial.wish import Wish
from causeway.adapters import registry
from causeway.assess.trial import answered_by, judge
from causeway.core.environment import Limits
from causeway.core.errors import CausewayError
from causeway.core.finding import Finding
from causeway.core.manifest import Manifest
from causeway.core.manifest_text import parse_manifest
from causeway.core.poc import Poc
from causeway.core.trial import Entry, Trial

RUNNABLE = (".py", ".ipynb")
MEMORY_BYTES = 6 << 30


def try_out(
    asked: Try, folder: Path, poc: Poc, *, manifest: Manifest | None, findings: Sequence[Finding]
) -> Trial:
    """Everything that running the folder's own code showed; nothing in the folder is touched."""
    began = time.monotonic()
    promise = manifest or parse_manifest(drafts(poc)[0], where="the draft")
    if reason := _nothing(poc, promise):
        return Trial(asked.minutes, 0.0, reason=reason)
    with place() as here:
        try:
            trial = _tried(asked, folder.resolve(), poc, promise=promise, here=here)
        except CausewayError as error:
            reason = ": ".join(filter(None, (error.message, error.hint)))
            trial = Trial(asked.minutes, 0.0, reason=reason)
        except OSError as error:
            reason = f"what its code left behind is in the way: {error.strerror or error}"
            trial = Trial(asked.minutes, 0.0, reason=reason)
    trial = structs.replace(trial, seconds=round(time.monotonic() - began, 1))
    found = judge(trial, findings)
    return structs.replace(trial, findings=found, answered=answered_by(trial, findings))


def _nothing(poc: Poc, manifest: Manifest) -> str:
    """Why there is nothing to run; empty where there is."""
    if any(script.endswith(RUNNABLE) for script in (_train(poc, manifest), _serve(poc, manifest))):
        return ""
    if any(saved.opens(model) for model in poc.models):
        return ""
    written = ", ".join(language for language in poc.languages if language.lower() != "python")
    return f"nothing here is Python code that trains or serves{f' ({written})' if written else ''}"


def _train(poc: Poc, manifest: Manifest) -> str:
    return manifest.model.train_script or poc.train.value


def _serve(poc: Poc, manifest: Manifest) -> str:
    return manifest.model.serve or poc.serve.value


def _tried(asked: Try, folder: Path, poc: Poc, *, promise: Manifest, here: Place) -> Trial:
    train, serve = _train(poc, promise), _serve(poc, promise)
    scripts = [one for one in (train, serve) if one.endswith(RUNNABLE) and (folder / one).is_file()]
    asked.say("making its environment (from the package index; kept for the next try)")
    wish = Wish(folder, poc, promise.model.python, scripts, asked.say)
    environment = wish.made()
    cage = registry.cage(here.reports, write=here.work, read=[Path(environment.folder)])
    limits = Limits(seconds=60 * asked.minutes, memory_bytes=min(MEMORY_BYTES, _three_quarters_of_memory()))
    with registry.confined(cage):
        registry.copy_folder(folder, here.fresh)
        run = TrialRun(asked, folder, poc, promise, here, environment, limits, cage)
        told: list[Entry] = []
        ran = None
        if train in scripts:
            asked.say(f"running {train}, at most {asked.minutes:g} minutes")
            ran = entries.train(run, promise.model.train or train)
            told.append(ran.entry)
        opened = saved.opened(run, wish)
        measured = measure.measured(run, ran)
        served = serving.served(run, ran, serve if serve in scripts else "", mended=opened.mended)
        told += [served.entry] if served.entry else []
    return Trial(
        minutes=asked.minutes,
        seconds=0.0,
        python=environment.version,
        environment=environment.folder,
        problems=environment.problems,
        fences=cage.fences(),
        entries=tuple(told),
        models=opened.models,
        measured=measured,
        serving=served.servings,
    )


def _three_quarters_of_memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * 3 // 4
