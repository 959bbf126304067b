"""Which fixes have something to do in a folder, worked out without asking a person or an index."""

import shlex
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

from causeway.actions.fix.change import Left, Mend, counted
from causeway.actions.fix.code_file import CodeFile
from causeway.actions.fix.names import RECIPES
from causeway.actions.fix.site import Site, Wish
from causeway.actions.workspace import check_folder
from causeway.assess.mendable import FIXES
from causeway.assess.poc.judging import judge
from causeway.core.errors import CausewayError
from causeway.core.finding import Finding
from causeway.core.poc import Poc
from causeway.intake import read_poc

Opened = dict[str, CodeFile | None]
ASKS = "asks"
"""How a fix begins to tell what it would ask for before it changes anything."""


class Offer(Struct, frozen=True, omit_defaults=True):
    """A fix that has something to do here: the findings it answers, the files and the size of its diff."""

    name: str
    words: str
    codes: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    added: int = 0
    removed: int = 0
    told: tuple[str, ...] = ()
    left: tuple[Left, ...] = ()


class Offers(Struct, frozen=True):
    """Everything that can be mended in a folder."""

    folder: str
    offers: tuple[Offer, ...]
    next: str


def offers(folder: Path) -> Offers:
    """The fixes that would change something here, each with the findings that it answers."""
    check_folder(folder)
    poc = read_poc(folder)
    codes = {finding.code for finding in judge(poc)}
    opened: Opened = {}
    made = ((name, _sketch(folder, poc, name, opened=opened)) for name in RECIPES)
    found = [_offer(mend, codes) for name, mend in made if _does(mend) or (mend.left and _codes(name, codes))]
    name = next((offer.name for offer in found if offer.files or offer.told), "")
    next_ = f"causeway fix {name} {shlex.quote(str(folder))}" if name else ""
    return Offers(str(folder), tuple(found), next_)


def mendable(folder: Path, poc: Poc, findings: Iterable[Finding]) -> frozenset[str]:
    """The names of the fixes that would change something for these findings."""
    names = {FIXES[finding.code] for finding in findings if finding.code in FIXES}
    opened: Opened = {}
    return frozenset(name for name in names if _does(_sketch(folder, poc, name, opened=opened)))


def _sketch(folder: Path, poc: Poc, name: str, *, opened: Opened) -> Mend:
    recipe, _ = RECIPES[name]
    try:
        return recipe(Site(folder, poc, Wish(sketch=True), opened=opened))
    except CausewayError as refused:
        return Mend(name, left=(Left(refused.message),))
    except RecursionError:
        return Mend(name, left=(Left("the code is nested too deeply"),))
    except OSError as refused:
        # such as a path in the code that is longer than any system takes
        return Mend(name, left=(Left(str(refused.strerror)),))


def _does(mend: Mend) -> bool:
    return bool(mend.changes) or any(told.startswith(ASKS) for told in mend.told)


def _codes(name: str, codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(code for code in codes if FIXES.get(code) == name))


def _offer(mend: Mend, codes: Iterable[str]) -> Offer:
    added, removed = counted(mend.changes)
    return Offer(
        mend.name,
        RECIPES[mend.name][1],
        _codes(mend.name, codes),
        tuple(change.path for change in mend.changes),
        added,
        removed,
        mend.told,
        mend.left,
    )
