"""Writes what was attached into the manifest's text, and leaves every other line as it is."""

import json
import re
from collections.abc import Mapping

from causeway.core.manifest import Manifest
from causeway.core.manifest_text import read_manifest

_HEADER = re.compile(r"""^\s*\[\[?\s*[A-Za-z_"'][\w."' -]*\]?\]\s*(?:#.*)?$""")


def with_model(text: str, values: Mapping[str, str], *, where: str) -> tuple[str, Manifest]:
    """The text with these keys in its `[model]`, and what it says now."""
    return _checked(_with_keys(text, "[model]", values), where)


def with_rows(text: str, values: Mapping[str, str], *, where: str) -> tuple[str, Manifest]:
    """The text with these keys in its first `[[data]]`, and what it says now."""
    return _checked(_with_keys(text, "[[data]]", values), where)


def _checked(text: str, where: str) -> tuple[str, Manifest]:
    return text, read_manifest(text.encode(), where=where)


def _with_keys(text: str, header: str, values: Mapping[str, str]) -> str:
    lines = text.splitlines()
    start = next((at for at, line in enumerate(lines) if _is(line, header)), None)
    if start is None:
        lines += ["", header]
        start = len(lines) - 1
    for key, value in values.items():
        _set(lines, start, key, value)
    return "\n".join(lines) + "\n"


def _is(line: str, header: str) -> bool:
    return line.partition("#")[0].replace(" ", "").strip() == header


def _set(lines: list[str], start: int, key: str, value: str) -> None:
    after = range(start + 1, len(lines))
    end = next((at for at in after if _HEADER.match(lines[at])), len(lines))
    written = f"{key} = {json.dumps(value, ensure_ascii=False)}"
    known = re.compile(rf"^\s*{re.escape(key)}\s*=")
    for at in range(start + 1, end):
        if known.match(lines[at]):
            lines[at] = written
            return
    lines.insert(start + 1, written)
