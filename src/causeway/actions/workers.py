"""The interpreter in which a release's own function or model runs, while it is on this machine."""

from pathlib import Path

import msgspec

from causeway.actions.stages.compile import Compiled
from causeway.actions.stages.environment import EnvironmentMade, stands
from causeway.actions.workspace import Workspace
from causeway.core.bundle import RELEASE
from causeway.core.errors import Refused
from causeway.core.ids import digest_of
from causeway.core.release import Release, Speed
from causeway.views.run import fold

STAGE = "environment"
COMPILE = "compile"


def worker_python(work: Workspace, release: Release) -> str:
    """The Python of an environment with the very packages that the release was proven with; empty if gone."""
    done = fold(work.ledger.read(release.product)).done.values()
    for result in reversed([each.result for each in done if each.stage == STAGE]):
        if not work.artifacts.has(result):
            continue
        made = msgspec.json.decode(work.artifacts.get(result), type=EnvironmentMade)
        if digest_of(made.pinned.encode()) == release.inputs.get(STAGE) and stands(made):
            return made.environment.python
    return ""


def worker_speed(work: Workspace, release: Release) -> Speed | None:
    """How fast the process with its model was when it was made; None where none is needed, or it is lost."""
    if not release.model.whole:
        return None
    done = fold(work.ledger.read(release.product)).done.values()
    for result in reversed([each.result for each in done if each.stage == COMPILE]):
        if work.artifacts.has(result):
            made = msgspec.json.decode(work.artifacts.get(result), type=Compiled)
            if made.files.get(release.model.file) == release.files[release.model.file]:
                return made.speed
    return None


def can_work(work: Workspace, release: Release) -> bool:
    """Whether nothing is lacking for what the release runs in a process of its own."""
    return not release.model.apart or bool(worker_python(work, release))


def routed_python(work: Workspace, digest: str) -> str:
    """The Python that the route of this release names; empty where it needs none or it is gone."""
    try:
        content = (work.bundle(digest) / RELEASE).read_bytes()
        release = msgspec.json.decode(content, type=Release)
    except (OSError, msgspec.MsgspecError):
        # the gateway looks at the bundle itself, and says what is wrong with it
        return ""
    return worker_python(work, release) if release.model.apart else ""


def check_worker(work: Workspace, release: Release, *, folder: Path) -> None:
    """Refuses a release whose function or model has no environment any more."""
    if not can_work(work, release):
        raise Refused(
            f"the environment in which {release.model.apart} runs is gone from this machine",
            where=str(work.state / "environments"),
            hint=f"make it anew: causeway run {folder}",
        )
