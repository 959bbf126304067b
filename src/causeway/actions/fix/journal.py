"""Writes a fix, all files or none, and takes it back, also after being killed half-way."""

import fcntl
import os
import re
import shutil
import stat
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct

from causeway.actions.fix.change import Change
from causeway.actions.fix.site import inside, read_inside
from causeway.actions.workspace import state_of, write_whole
from causeway.core.errors import OutsideError, Refused, remedy
from causeway.core.ids import digest_of

FIXES = "fixes"
PLAN = "plan.json"
REPLACED = "replaced"
NEW_FILE_MODE = 0o644
_SCRATCH = re.compile(r"\.[a-z0-9_]{8}")


class Kept(Struct, frozen=True, omit_defaults=True):
    """One file of a fix: digests before and after, its mode, and where its original is kept."""

    path: str
    after: str
    before: str = ""
    mode: int = NEW_FILE_MODE
    original: str = ""


class Plan(Struct, frozen=True, omit_defaults=True):
    """A fix as it is remembered until it is undone."""

    id: str
    names: tuple[str, ...]
    folder: str
    files: tuple[Kept, ...]
    made_folders: tuple[str, ...] = ()


def apply(folder: Path, names: Sequence[str], changes: Sequence[Change]) -> str:
    """Writes every change, after keeping every original; the id under which it can be undone."""
    _check_all(folder, changes)
    with _alone(folder) as place:
        # another fix may have been written while we waited for our turn
        _check_all(folder, changes)
        plan = _plan(place, folder, names, changes)
        scratch = place / f".{plan.id}.part"
        _keep(scratch, plan, changes)
        scratch.rename(place / plan.id)
        try:
            for kept, change in zip(plan.files, changes, strict=True):
                write_whole(folder / kept.path, change.after, mode=kept.mode)
        except BaseException:
            _restore(folder, place / plan.id, plan)
            raise
    return plan.id


def undo(folder: Path, *, force: bool = False) -> Plan | None:
    """Takes the last fix of this folder back, finished or not; None where there is none.

    A file that was changed since is refused, or with `force` kept aside and put back.
    """
    if not (state_of(folder, make=False) / FIXES).is_dir():
        return None
    with _alone(folder) as place:
        plan = _last(place, folder)
        if plan is None:
            return None
        changed = [kept for kept in plan.files if _is_other(folder, kept)]
        if changed and not force:
            raise Refused(
                f"{', '.join(kept.path for kept in changed)} was changed after the fix",
                where=str(folder / changed[0].path),
                hint=f"undo your change, or --force: yours is then kept in {place / REPLACED / plan.id}",
            )
        for kept in changed:
            write_whole(place / REPLACED / plan.id / kept.path, read_inside(folder, kept.path) or b"")
        _restore(folder, place / plan.id, plan)
    return plan


def _check_all(folder: Path, changes: Sequence[Change]) -> None:
    """Refuses before anything is written what could not be written, or has changed meanwhile."""
    for change in changes:
        full = inside(folder, change.path)
        if read_inside(folder, change.path) != change.before:
            raise Refused(f"{change.path} was changed meanwhile", where=str(full), hint="repeat the command")
        there = full if change.before is not None else _nearest(full.parent)
        if not there.stat().st_mode & stat.S_IWUSR or not os.access(there, os.W_OK):
            raise OutsideError(
                f"{there.name} is read-only; nothing was changed", where=str(there), hint="chmod u+w it"
            )


def _nearest(folder: Path) -> Path:
    return next(place for place in (folder, *folder.parents) if place.exists())


@contextmanager
def _alone(folder: Path) -> Generator[Path]:
    """The place where fixes are kept, while nobody else fixes or undoes."""
    place = state_of(folder) / FIXES
    if place.is_symlink():
        raise Refused("the place where fixes are kept is a link", where=str(place), hint="remove the link")
    try:
        place.mkdir(mode=0o700, exist_ok=True)
        lock = (place / ".lock").open("w")
    except OSError as error:
        raise OutsideError(
            f"cannot write {place}: {error.strerror}", where=str(place), hint=remedy(error)
        ) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for half in place.glob(".*.part"):
            shutil.rmtree(half, ignore_errors=True)
        yield place


def _plan(place: Path, folder: Path, names: Sequence[str], changes: Sequence[Change]) -> Plan:
    number = max(map(_number, _kept_in(place)), default=0) + 1
    missing = {
        parent.relative_to(folder).as_posix()
        for change in changes
        for parent in (folder / change.path).parents
        if not parent.exists()
    }
    return Plan(
        id=f"{number:04}-{'-'.join(names)[:80]}",
        names=tuple(names),
        folder=_relative(place, folder),
        files=tuple(_kept(folder, number, change) for number, change in enumerate(changes)),
        made_folders=tuple(sorted(missing, reverse=True)),
    )


def _kept(folder: Path, number: int, change: Change) -> Kept:
    after = digest_of(change.after)
    if change.before is None:
        return Kept(change.path, after)
    mode = stat.S_IMODE((folder / change.path).stat().st_mode)
    return Kept(change.path, after, digest_of(change.before), mode, f"{number}.original")


def _keep(scratch: Path, plan: Plan, changes: Sequence[Change]) -> None:
    for kept, change in zip(plan.files, changes, strict=True):
        if change.before is not None:
            write_whole(scratch / kept.original, change.before)
    write_whole(scratch / PLAN, msgspec.json.format(msgspec.json.encode(plan)))


def _last(place: Path, folder: Path) -> Plan | None:
    for kept in sorted(_kept_in(place), key=_number, reverse=True):
        plan = _read(kept)
        if plan.folder == _relative(place, folder):
            return plan
    return None


def _read(kept: Path) -> Plan:
    """The plan as written; one that came with the folder may name what lies outside, and is refused."""
    try:
        plan = msgspec.json.decode((kept / PLAN).read_bytes(), type=Plan)
    except (msgspec.DecodeError, OSError):
        raise _unusable(kept) from None
    names = (plan.id, *(file.original for file in plan.files if file.before))
    ways = (*(file.path for file in plan.files), *plan.made_folders)
    if (
        plan.id != kept.name
        or any(Path(name).name != name for name in names)
        or any(Path(way).is_absolute() or ".." in Path(way).parts for way in ways)
    ):
        raise _unusable(kept)
    return plan


def _unusable(kept: Path) -> Refused:
    return Refused(
        "this is no fix that can be taken back",
        where=str(kept),
        hint="its originals lie beside it; remove that folder to undo the fix before it",
    )


def _kept_in(place: Path) -> list[Path]:
    return list(place.glob("[0-9][0-9][0-9][0-9]*-*"))


def _number(kept: Path) -> int:
    return int(kept.name.split("-")[0])


def _relative(place: Path, folder: Path) -> str:
    return os.path.relpath(folder.resolve(), place.parent.parent)


def _is_other(folder: Path, kept: Kept) -> bool:
    """Whether the file is neither what the fix made of it nor what it was before."""
    content = read_inside(folder, kept.path)
    return (digest_of(content) if content is not None else "") not in {kept.before, kept.after}


def _restore(folder: Path, kept_at: Path, plan: Plan) -> None:
    """Puts every file back and forgets the fix; may be repeated after being interrupted."""
    for kept in plan.files:
        if kept.before:
            write_whole(folder / kept.path, _original(kept_at, kept), mode=kept.mode & 0o777)
        else:
            inside(folder, kept.path).unlink(missing_ok=True)
        _sweep(folder / kept.path)
    for made in plan.made_folders:
        try:
            (folder / made).rmdir()
        except OSError:
            # somebody put something else there: it stays
            continue
    # renamed first: half-deleted, it would be taken for a fix that can still be undone
    gone = kept_at.with_name(f".{kept_at.name}.part")
    kept_at.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def _original(kept_at: Path, kept: Kept) -> bytes:
    content = read_inside(kept_at, kept.original)
    if content is None or digest_of(content) != kept.before:
        raise _unusable(kept_at)
    return content


def _sweep(path: Path) -> None:
    """Removes what a killed writer left beside the file."""
    for left in path.parent.glob(f".{path.name}.*") if path.parent.is_dir() else ():
        if _SCRATCH.fullmatch(left.name.removeprefix(f".{path.name}")):
            left.unlink(missing_ok=True)
