"""The proof of concept's own tests, run by us: in an environment of their own, on a copy, confined."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from causeway.actions.source import digest_source
from causeway.actions.stages.site import Workshop
from causeway.actions.workspace import MANIFEST, Workspace
from causeway.adapters import registry
from causeway.core.environment import Environment, Limits
from causeway.core.errors import UsageError
from causeway.core.events import OwnTestsRan
from causeway.core.manifest import Manifest
from causeway.core.poc import Poc
from causeway.core.proofs import Suite

SECONDS = 600.0
MEMORY_BYTES = 4 << 30
RUNNER = "pytest"


def ran(
    work: Workspace,
    folder: Path,
    manifest: Manifest,
    poc: Poc,
    *,
    workshop: Workshop,
    say: Callable[[str], None],
) -> OwnTestsRan:
    """How the tests in this folder end on its code as it is now."""
    tests = [source.path for source in poc.sources if is_test(source.path)]
    if not tests:
        raise UsageError(
            "there are no tests in the folder", where=str(folder), hint="write one: tests/test_train.py"
        )
    source = source_of(folder, manifest)
    say("making the environment of the tests")
    environment = _environment(work, folder, manifest, poc, tests=tests, workshop=workshop, say=say)
    say("running the tests")
    found = _suite(work, folder, environment)
    return OwnTestsRan(source, found.passed, found.failed, found.skipped, found.why)


def source_of(folder: Path, manifest: Manifest) -> str:
    """The digest of the folder, as a release names it."""
    ours = {MANIFEST, *(part.contract for part in manifest.data)}
    return digest_source(folder.resolve(), without=ours)


def is_test(path: str) -> bool:
    """Whether pytest would collect a file of that name."""
    name = path.rpartition("/")[2]
    return name.endswith(".py") and (name.startswith("test_") or name.endswith("_test.py"))


def _environment(
    work: Workspace,
    folder: Path,
    manifest: Manifest,
    poc: Poc,
    *,
    tests: list[str],
    workshop: Workshop,
    say: Callable[[str], None],
) -> Environment:
    """An environment with what the training and the tests import, as the folder declares it."""
    scripts = [script for script in (manifest.model.train_script, *tests) if script]
    imports = {name for script in scripts for name in workshop.training_imports(folder, script)}
    return workshop.build_environment(
        folder,
        declared=tuple(f"{requirement.name}{requirement.spec}" for requirement in poc.requirements),
        imports=tuple(sorted({*imports, RUNNER})),
        python=manifest.model.python or None,
        into=work.state / "environments",
        say=say,
        stated=poc.python.value or None,
    )


def _suite(work: Workspace, folder: Path, environment: Environment) -> Suite:
    """How the tests of a copy of the folder end, in a cage."""
    scratch = Path(tempfile.mkdtemp(prefix="tests-", dir=work.state))
    homes = [Path(environment.folder), Path(environment.python).absolute().parent.parent]
    try:
        cage = registry.cage(scratch / "cage", write=scratch / "work", read=homes)
        with registry.confined(cage):
            copy = scratch / "work" / "copy"
            registry.copy_folder(folder, copy)
            limits = Limits(seconds=SECONDS, memory_bytes=MEMORY_BYTES)
            return registry.proving().run_suite(environment, copy, limits=limits)
    finally:
        registry.removed(scratch)
