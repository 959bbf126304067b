"""Works a fix out, shows it, and writes it where the person wants it."""

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from msgspec import Struct, structs

from causeway.actions.fix.change import Left, diff_of, is_plain
from causeway.actions.fix.journal import apply, undo
from causeway.actions.fix.names import RECIPES, spelled_out
from causeway.actions.fix.site import Site, Wish
from causeway.actions.workspace import check_folder, write_whole
from causeway.adapters import registry
from causeway.adapters.ports import Say
from causeway.core.clock import SystemClock
from causeway.core.errors import Refused, UsageError
from causeway.intake import read_poc

READABLE = 0o644

Where = Literal["folder", "branch", "patch"]


class Fixed(Struct, frozen=True, omit_defaults=True):
    """What came of a fix; `status` is `fixed`, `nothing_to_mend`, `not_mended` or `declined`."""

    folder: str
    status: str
    names: tuple[str, ...]
    files: tuple[str, ...] = ()
    diff: str = ""
    told: tuple[str, ...] = ()
    left: tuple[Left, ...] = ()
    where: str = ""
    """The folder, the branch or the patch file that holds the change."""
    undo: str = ""


class Undone(Struct, frozen=True, omit_defaults=True):
    """What was taken back; `status` is `undone` or `nothing_to_undo`."""

    folder: str
    status: str
    names: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


def fix(
    folder: Path,
    names: Sequence[str],
    *,
    wish: Wish,
    agree: Callable[[Fixed], bool],
    say: Say = lambda _: None,
    into: Where = "folder",
    patch: Path | None = None,
) -> Fixed:
    """Mends these things in the folder, once `agree` has seen the diff and said yes."""
    check_folder(folder)
    site = Site(folder, read_poc(folder), structs.replace(wish, year=SystemClock().now().year), say=say)
    shown = _worked_out(folder, site, spelled_out(tuple(names)), tuple(names))
    if not shown.files:
        status = "not_mended" if shown.left else "nothing_to_mend"
        return structs.replace(shown, status=status)
    _check_place(site, into, patch)
    if not agree(shown):
        return structs.replace(shown, status="declined")
    if into == "branch":
        return _onto_branch(site, shown)
    if patch is not None:
        text = diff_of(site.changes, prefixed=True)
        write_whole(patch, text.encode(), mode=READABLE)
        return structs.replace(shown, status="fixed", where=str(patch))
    apply(site.folder, shown.names, site.changes)
    undo_with = f"causeway fix --undo {shlex.quote(str(folder))}"
    return structs.replace(shown, status="fixed", where=str(folder), undo=undo_with)


def take_back(folder: Path, *, force: bool = False) -> Undone:
    """Undoes the last fix that was written into this folder."""
    check_folder(folder)
    plan = undo(folder.resolve(), force=force)
    if plan is None:
        return Undone(str(folder), "nothing_to_undo")
    return Undone(str(folder), "undone", plan.names, tuple(kept.path for kept in plan.files))


def _worked_out(folder: Path, site: Site, each: Sequence[str], names: tuple[str, ...]) -> Fixed:
    told: list[str] = []
    left: list[Left] = []
    for name in each:
        recipe, _ = RECIPES[name]
        made = recipe(site)
        site.take(made.changes)
        told += made.told
        left += made.left
    return Fixed(
        folder=str(folder),
        status="asked",
        names=names,
        files=tuple(change.path for change in site.changes),
        diff=diff_of(site.changes),
        told=tuple(dict.fromkeys(told)),
        left=tuple(dict.fromkeys(left)),
    )


def _check_place(site: Site, into: Where, patch: Path | None) -> None:
    """Refuses before asking what could not be written there."""
    if patch is not None:
        odd = next((change.path for change in site.changes if not is_plain(change)), "")
        if odd:
            raise Refused(
                f"{odd!r} is no plain UTF-8 text, in its name or inside, which a patch cannot carry",
                hint="write it into the folder",
            )
        if patch.exists():
            raise UsageError(f"{patch} is there already", hint="name another file")
    if into == "branch":
        registry.git_repository(site.folder)


def _onto_branch(site: Site, shown: Fixed) -> Fixed:
    branch = f"causeway/fix-{'-'.join(shown.names)}"
    files = {change.path: (change.before, change.after) for change in site.changes}
    registry.commit_on_branch(site.folder, branch, files, message=f"{_title(shown)} (causeway fix)")
    undo_with = f"git -C {shlex.quote(str(site.folder))} branch -D {branch}"
    return structs.replace(shown, status="fixed", where=branch, undo=undo_with)


def _title(shown: Fixed) -> str:
    words = [RECIPES[name][1] for name in spelled_out(shown.names)[:2]]
    return words[0][:1].upper() + words[0][1:] if len(words) == 1 else f"Fix {', '.join(shown.names)}"
