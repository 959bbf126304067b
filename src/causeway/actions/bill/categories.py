"""Which service of a bill belongs to which category: the table that holds, and a new one declared."""

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from causeway.actions.bill.kept import bills_of, categories_of, decide_bills
from causeway.actions.workspace import Workspace
from causeway.assess.cost.focus_categories import bundled_categories, read_categories
from causeway.core.costs import CategoriesSet
from causeway.core.errors import NotFound, UsageError, outside
from causeway.core.events import AnyFact
from causeway.views.spend import Bills

MAX_BYTES = 1 << 20


class CategoryTable(Struct, frozen=True):
    """The declared categories: `shown`, `set` or `already_set`."""

    status: str
    version: str
    rules: int
    otherwise: str
    """The category of what no rule fits."""
    table: str
    """Digest of the table; empty where the bundled one holds."""
    text: str


def categories(work: Workspace) -> CategoryTable:
    """The table that holds now."""
    known = bills_of(work)
    table = categories_of(work, known)
    text = work.artifacts.get(known.categories).decode() if known.categories else bundled_categories()
    return CategoryTable("shown", table.version, len(table.rule), table.otherwise, known.categories, text)


def set_categories(work: Workspace, file: Path) -> CategoryTable:
    """Declares the table in this file; every bill is read by it from now on, those of before too."""
    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise NotFound(f"there is no file {file}", hint="name a file that exists") from None
    except OSError as error:
        raise outside(error) from error
    if len(content) > MAX_BYTES:
        raise UsageError("a table of categories is no larger than 1 MB", where=str(file), hint="shorten it")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise UsageError("the table is not UTF-8 text", where=str(file), hint="save it as UTF-8") from error
    table = read_categories(text, where=str(file))
    digest = work.artifacts.put(content)
    status: list[str] = []

    def facts_of(known: Bills) -> Sequence[AnyFact]:
        status[:] = ["already_set" if digest == known.categories else "set"]
        return () if digest == known.categories else (CategoriesSet(digest),)

    decide_bills(work, facts_of)
    return CategoryTable(status[0], table.version, len(table.rule), table.otherwise, digest, text)
