"""Which category of cost a line of a bill belongs to: a declared table, bundled or the workspace's own."""

import pkgutil
from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec
from msgspec import Struct

from causeway.core.errors import UsageError
from causeway.core.focus_bill import DayLine
from causeway.core.toml_reading import read_toml
from causeway.core.worth import CATEGORIES

HINT = "see what is declared now: causeway bill categories"


class CategoryRule(Struct, frozen=True, forbid_unknown_fields=True):
    """A category, and the words of a line that make it one; none given is any."""

    category: str
    service: tuple[str, ...] = ()
    service_category: tuple[str, ...] = ()
    subcategory: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    charge: tuple[str, ...] = ()

    def fits(self, line: DayLine) -> bool:
        """Whether every word that is given fits."""
        return all(
            not wanted or any(_fits(word, said) for word in wanted)
            for wanted, said in (
                (self.service, line.service),
                (self.service_category, line.category),
                (self.subcategory, line.subcategory),
                (self.status, line.status),
                (self.charge, line.charge),
            )
        )


class Categories(Struct, frozen=True, forbid_unknown_fields=True):
    """The declared table."""

    version: str
    otherwise: str
    rule: tuple[CategoryRule, ...] = ()

    def of(self, line: DayLine) -> str:
        """The category of this line."""
        return next((rule.category for rule in self.rule if rule.fits(line)), self.otherwise)


@cache
def bundled_categories() -> str:
    """The table that Causeway brings, as text."""
    return (pkgutil.get_data("causeway.assess.cost", "categories.toml") or b"").decode()


def read_categories(text: str, *, where: str) -> Categories:
    """The table in this text; raises UsageError with what is wrong."""
    try:
        tables: dict[str, Any] = read_toml(text)
        table = msgspec.convert(tables, Categories)
    except (ValueError, msgspec.ValidationError) as error:
        raise UsageError(f"the categories cannot be read: {error}", where=where, hint=HINT) from error
    _known([table.otherwise, *(rule.category for rule in table.rule)], where)
    return table


def _known(named: Sequence[str], where: str) -> None:
    for name in named:
        if name not in CATEGORIES:
            raise UsageError(
                f"there is no category {name!r}", where=where, hint=f"one of: {', '.join(CATEGORIES)}"
            )


def _fits(word: str, said: str) -> bool:
    wanted, text = word.lower(), said.lower()
    core = wanted.strip("*")
    match (wanted.startswith("*"), wanted.endswith("*")):
        case True, True:
            return core in text
        case True, False:
            return text.endswith(core)
        case False, True:
            return text.startswith(core)
        case _:
            return text == core
