"""From the text of `causeway.toml` to a Manifest, or to one clear error: which line, and what to write."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from functools import lru_cache
from typing import cast

import msgspec
from msgspec import Struct

from causeway.core.errors import BadManifest
from causeway.core.manifest import Manifest
from causeway.core.manifest_rules import Problem, problems_of
from causeway.core.manifest_schema import SectionRule, schema
from causeway.core.manifest_sources import source_problems
from causeway.core.toml_lines import Path, lines_of
from causeway.core.toml_reading import TOO_DEEP, read_toml

UNKNOWN = "?"
"""What stands where a value is not known yet."""

_BYTE_ORDER_MARK = "\ufeff"
_MAX_SHOWN = 20

Tables = dict[str, object]


class OpenQuestion(Struct, frozen=True):
    """A value that nobody knows yet: its key, the line to write on, and what to ask."""

    key: str
    line: int
    words: str


def read_manifest(content: bytes, *, where: str) -> Manifest:
    """The promise in the bytes of a file; `where` is the file's name in errors."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise BadManifest(
            "the manifest is not UTF-8 text", where=f"{where}:{line}", hint="save the file as UTF-8"
        ) from error
    return parse_manifest(text, where=where)


@lru_cache(maxsize=32)
def parse_manifest(text: str, *, where: str) -> Manifest:
    """The promise in this text; raises BadManifest with every problem, each with its line."""
    text = text.removeprefix(_BYTE_ORDER_MARK)
    tables = _load(text, where=where)
    lines = lines_of(text)
    known = cast("Tables", _known(tables))
    problems = [*_strange(known), *problems_of(known), *source_problems(known)]
    if problems:
        raise _error(problems, lines, where=where)
    return msgspec.convert(known, Manifest)


def open_questions(text: str) -> tuple[OpenQuestion, ...]:
    """Every value left as "?", in the order of its lines."""
    text = text.removeprefix(_BYTE_ORDER_MARK)
    written, tables = text.splitlines(), read_toml(text)
    questions = [
        OpenQuestion(".".join(map(str, path)), line, _comment_at(written, line))
        for path, line in lines_of(text).items()
        if path and _value_at(tables, path) == UNKNOWN
    ]
    return tuple(sorted(questions, key=lambda question: question.line))


def _load(text: str, *, where: str) -> Tables:
    if not text.strip():
        raise BadManifest(
            "the manifest is empty", where=f"{where}:1", hint='write at least: [product], name = "..."'
        )
    try:
        return read_toml(text)
    except ValueError as error:
        if str(error) == TOO_DEEP:
            raise BadManifest(
                "the manifest is nested too deeply", where=where, hint="make it flat"
            ) from error
        # also what Python says about an integer of thousands of digits
        raise _not_toml(text, str(error), where=where) from error


def _not_toml(text: str, said: str, *, where: str) -> BadManifest:
    at = re.search(r"\(at (?:line (\d+), column \d+|end of document)\)", said)
    line = int(at[1]) if at and at[1] else text.rstrip().count("\n") + 1
    words = re.sub(r"\s*\(at [^)]*\)", "", said)
    if "overwrite" in words or "twice" in words:
        return BadManifest(
            f"line {line} says again what was said before: {words}",
            where=f"{where}:{line}",
            hint="keep one of the two; a table that may repeat is written with two brackets, as in [[data]]",
        )
    return BadManifest(
        f"line {line} is not TOML: {words}",
        where=f"{where}:{line}",
        hint='text stands in quotes, as in: owner = "dana"',
    )


def _known(value: object) -> object:
    """The same values, less those that say "not known yet"."""
    if isinstance(value, dict):
        items = cast("Tables", value).items()
        return {key: _known(item) for key, item in items if not _is_unknown(item)}
    if isinstance(value, list):
        return [_known(item) for item in cast("list[object]", value) if not _is_unknown(item)]
    return value


def _is_unknown(value: object) -> bool:
    return isinstance(value, str) and value in {"", UNKNOWN}


def _strange(tables: Tables) -> Iterator[Problem]:
    """Tables and keys that the reference does not have."""
    rules = schema()
    for name, table in tables.items():
        if name not in rules:
            yield Problem((name,), f"there is no table or key `{name}` here", _near_table(name))
            continue
        for path, keys in _parts(rules[name], table):
            for key in keys:
                if key not in rules[name].keys:
                    words = f"there is no key `{key}` in {rules[name].header}"
                    yield Problem((*path, key), words, _near_key(key, rules[name]))


def _parts(section: SectionRule, table: object) -> Iterator[tuple[Path, Tables]]:
    """Each table of a section, with its path; what is no table is left to the type check."""
    tables: list[object] = [table]
    if section.many and isinstance(table, list):
        tables = cast("list[object]", table)
    for index, part in enumerate(tables):
        if isinstance(part, dict):
            path: Path = (section.name, index) if section.many else (section.name,)
            yield path, cast("Tables", part)


def _near_table(name: str) -> str:
    rules = schema()
    near = get_close_matches(name, rules, n=1)
    if near:
        return f"did you mean {rules[near[0]].header}?"
    owners = [section.header for section in rules.values() if name in section.keys]
    if owners:
        return f"`{name}` belongs under {' or '.join(owners)}"
    return f"there are {', '.join(section.header for section in rules.values())}"


def _near_key(name: str, section: SectionRule) -> str:
    near = get_close_matches(name, section.keys, n=1)
    if near:
        return f"did you mean `{near[0]}`? write: {section.keys[near[0]].example}"
    owners = [other.header for other in schema().values() if name in other.keys]
    if owners:
        return f"`{name}` belongs under {' or '.join(owners)}"
    return f"{section.header} knows {', '.join(section.keys)}"


def _error(problems: list[Problem], lines: dict[Path, int], *, where: str) -> BadManifest:
    placed = sorted(((_line(problem.path, lines), problem) for problem in problems), key=lambda each: each[0])
    first_line, first = placed[0]
    if len(placed) == 1:
        return BadManifest(first.words, where=f"{where}:{first_line}", hint=first.hint)
    listed = [f"  {where}:{line}: {problem.words}; {problem.hint}" for line, problem in placed[:_MAX_SHOWN]]
    if len(placed) > _MAX_SHOWN:
        listed.append(f"  and {len(placed) - _MAX_SHOWN} more")
    return BadManifest(
        "\n".join([f"{len(placed)} problems in the manifest", *listed]),
        where=f"{where}:{first_line}",
        hint="`causeway manifest` shows every key with its allowed values",
    )


def _line(path: Path, lines: dict[Path, int]) -> int:
    """The line of the path, or of the nearest table around it."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


def _comment_at(written: list[str], line: int) -> str:
    """The comment on this line, or the one right above it."""
    _, mark, trailing = written[line - 1].partition(f'"{UNKNOWN}"')
    if mark and "#" in trailing:
        return trailing.partition("#")[2].strip()
    first = line - 1
    while first > 0 and written[first - 1].lstrip().startswith("#"):
        first -= 1
    return " ".join(comment.strip().lstrip("#").strip() for comment in written[first : line - 1])


def _value_at(tables: object, path: Path) -> object:
    value = tables
    for part in path:
        value = cast("dict[str | int, object]", value)[part]
    return value
