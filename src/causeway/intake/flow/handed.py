"""Leaks that one file makes and another learns from: parts of divided data, saved here and read there."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from msgspec import structs

from causeway.core.poc import Leak
from causeway.intake.flow.events import Events
from causeway.intake.flow.library import base_name
from causeway.intake.python.code import Code


class Followed(Protocol):
    """All files of a folder, and what following each of them saw."""

    codes: list[Code]

    def events(self, code: Code) -> Events:
        """What following this file saw."""
        ...


def handed_on(
    project: Followed, leaks: Iterable[Leak], taught: Mapping[str, bool], *, told: Iterable[Leak]
) -> Iterator[Leak]:
    """Each leak of a file that trains nothing, for every training that reads what it came to."""
    known = {(leak.name, leak.at, leak.reached) for leak in told}
    by_path = {code.path: code for code in project.codes}
    for leak in leaks:
        written = _written(project.events(by_path[leak.reached]), leak) if leak.reached in by_path else set()
        for code in project.codes if written else ():
            new = (leak.name, leak.at, code.path) not in known
            if new and taught.get(code.path) and written & _read(project.events(code)):
                yield structs.replace(leak, reached=code.path)


def _written(events: Events, leak: Leak) -> set[str]:
    """The files with parts of the data that the leak came to."""
    return {
        base_name(item.path)
        for item in events.saved
        if item.path
        and item.held is not None
        and item.held.part
        and any((mark.name, mark.at) == (leak.name, leak.at) for mark in item.held.marks)
    }


def _read(events: Events) -> set[str]:
    return {base_name(item.path) for item in (*events.reads, *events.loads) if item.path}
