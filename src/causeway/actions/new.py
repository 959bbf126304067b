"""Writes a small proof of concept that goes the whole road: from a template, whole or not at all."""

import difflib
import json
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from importlib.resources import as_file, files
from pathlib import Path

from msgspec import Struct

from causeway.actions.init import slug
from causeway.actions.promise import MANIFEST
from causeway.actions.prove.rehearsal import ROWS as REHEARSAL
from causeway.core.clock import SystemClock
from causeway.core.contract_draft import contract_of_file
from causeway.core.contract_text import write_contract
from causeway.core.errors import NotFound, OutsideError, UsageError, remedy
from causeway.core.manifest_text import OpenQuestion, open_questions, read_manifest
from causeway.example.golden import data_of, rehearsal_of
from causeway.intake import read_poc

TEMPLATES = {
    "tabular": "two classes from a table: which orders come back",
    "regression": "a number from a table: how many hours a repair takes",
    "text": "classes from a text: which team a message is for",
    "forecast": "the next value of a series: what a shop sells next week",
}
SHARED = "shared"
DATA = "data"
# what TOML writes without quotes: numbers and days
_BARE = re.compile(r"-?\d+(\.\d+)?|\d{4}-\d{2}-\d{2}")
DOT = "dot_"
"""What stands for the dot that begins a name, so that the templates hide no file from anybody."""
FOLDER_MODE, FILE_MODE = 0o755, 0o644


class Answers(Struct, frozen=True):
    """What only a person knows; what is empty stays a question in the manifest."""

    owner: str = ""
    kpi: str = ""
    success: str = ""
    others: Mapping[str, str] = {}
    """Whatever else of the manifest is open: `section.key` to value."""


class Written(Struct, frozen=True):
    """A new folder: its files, and the lines of the manifest that still wait for a person."""

    product: str
    template: str
    folder: str
    files: tuple[str, ...]
    open: tuple[str, ...]
    next: str


def new(name: str, template: str, *, into: Path, answers: Answers) -> Written:
    """Writes the template as the folder `name`; what is there already is never touched."""
    if template not in TEMPLATES:
        raise _no_template(template)
    if name != slug(name) or not name:
        perhaps = f"perhaps {slug(name)}" if slug(name) else "for instance returns"
        raise UsageError(
            f"{name or 'nothing'} cannot be a product's name",
            hint=f"lower-case letters, digits and hyphens, at most 63: {perhaps}",
        )
    folder = into / name
    _refuse_taken(into, folder)
    try:
        draft = Path(tempfile.mkdtemp(dir=into, prefix=f".{name}.new-"))
        try:
            _write(draft, name, template, answers)
            text = (draft / MANIFEST).read_text(encoding="utf-8")
            made = tuple(sorted(path.relative_to(draft).as_posix() for path in _files(draft)))
            # an empty folder of that name is replaced, one that got something meanwhile is not
            draft.rename(folder)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
    except OSError as error:
        raise OutsideError(
            f"cannot write {folder}: {error.strerror}", where=str(into), hint=remedy(error)
        ) from error
    return Written(
        product=name,
        template=template,
        folder=str(folder),
        files=made,
        open=tuple(_key(question) for question in open_questions(text)),
        next=f"cd {shlex.quote(str(folder))} && causeway run",
    )


def _no_template(template: str) -> UsageError:
    near = difflib.get_close_matches(template, TEMPLATES, n=1)
    perhaps = f"; did you mean {near[0]}?" if near else ""
    asked = f"there is no template {template}{perhaps}" if template else "which template?"
    return UsageError(asked, hint="; ".join(f"--template {name}: {says}" for name, says in TEMPLATES.items()))


def _refuse_taken(into: Path, folder: Path) -> None:
    if not into.is_dir():
        raise NotFound(f"there is no folder {into}", hint="make it first, or name another: --in DIR")
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise UsageError(f"{folder} is there already", hint="choose another name, or another place: --in DIR")
    if folder.is_dir() and any(folder.iterdir()):
        raise UsageError(
            f"{folder} is there already and is not empty",
            hint="choose another name, or another place: --in DIR",
        )


def _write(draft: Path, name: str, template: str, answers: Answers) -> None:
    """Everything that the folder holds, below `draft`."""
    draft.chmod(FOLDER_MODE)
    tokens, others = _tokens(name, answers), dict(answers.others)
    with as_file(files("causeway.example") / "templates") as templates:
        for source in (templates / SHARED, templates / template):
            for path in _files(source):
                parts = [part.replace(DOT, ".", 1) for part in path.relative_to(source).parts]
                text = _filled(path.read_text(encoding="utf-8"), tokens)
                _put(draft.joinpath(*parts), _answered(text, others) if parts == [MANIFEST] else text)
    data, table = data_of(template)
    _put(draft / f"{data}.csv", table)
    _put(draft / "contracts" / f"{data}.odcs.yaml", _contract(draft, name, data))
    _put(draft / REHEARSAL, rehearsal_of(template))
    # what we write must be what we read
    read_manifest((draft / MANIFEST).read_bytes(), where=MANIFEST)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def _put(path: Path, text: str) -> None:
    for above in reversed(path.parents):
        if not above.exists():
            above.mkdir(mode=FOLDER_MODE)
    path.write_text(text, encoding="utf-8")
    path.chmod(FILE_MODE)


def _tokens(name: str, answers: Answers) -> Mapping[str, str]:
    """What each mark of a template is replaced by; `of_toml` marks stand where TOML wants a value."""
    return {
        "name": name,
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "year": str(SystemClock().now().year),
        "holder": answers.owner or "the owner of this product",
        "owner": _toml(answers.owner),
        "kpi": _toml(answers.kpi),
        "success": _toml(answers.success),
    }


def _toml(answer: str) -> str:
    """As TOML writes it; the mark of a question where nothing was answered."""
    return json.dumps(answer.strip() or "?", ensure_ascii=False).replace("\x7f", "\\u007f")


def _filled(text: str, tokens: Mapping[str, str]) -> str:
    for token, value in tokens.items():
        text = text.replace(f"<<{token}>>", value)
    return text


def _key(question: OpenQuestion) -> str:
    """The question's key, of the one source of data too: `data.owner`."""
    return question.key.replace(f"{DATA}.0.", f"{DATA}.")


def _answered(text: str, others: Mapping[str, str]) -> str:
    """The manifest with these of its open lines filled in."""
    lines, places = text.splitlines(keepends=True), {_key(each): each.line for each in open_questions(text)}
    for key, value in others.items():
        line = places.get(key)
        if line is None:
            near = difflib.get_close_matches(key, places, n=1)
            perhaps = f"; did you mean {near[0]}?" if near else ""
            raise UsageError(f"{key} is not open in {MANIFEST}{perhaps}", hint=f"one of: {', '.join(places)}")
        shown = value if _BARE.fullmatch(value) else _toml(value)
        lines[line - 1] = f"{key.rpartition('.')[2]} = {shown}\n"
    return "".join(lines)


def _contract(draft: Path, name: str, data: str) -> str:
    poc = read_poc(draft)
    file = next(each for each in poc.data if each.path == f"{data}.csv")
    target = read_manifest((draft / MANIFEST).read_bytes(), where=MANIFEST).data[0].target
    return write_contract(contract_of_file(name, data, file, target=target))
