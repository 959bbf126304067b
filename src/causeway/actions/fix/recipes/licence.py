"""A licence file, only ever the one that a person chose."""

import pkgutil

from causeway.actions.fix.change import Left, Mend
from causeway.actions.fix.site import Site
from causeway.core.errors import UsageError

FILE = "LICENSE"
LICENCES = ("MIT", "Apache-2.0", "BSD-3-Clause", "proprietary")
NAMELESS = "Apache-2.0"


def mend(site: Site) -> Mend:
    """The text of the chosen licence; nothing where none was chosen."""
    if site.poc.presence.licence or site.has(FILE):
        return Mend("licence")
    if site.wish.sketch:
        return Mend("licence", told=("asks which one",))
    if not site.wish.licence:
        why = f"no licence was chosen: --licence {'|'.join(LICENCES)}"
        return Mend("licence", left=(Left(why),))
    name = chosen(site.wish.licence)
    if name != NAMELESS and not site.wish.holder:
        return Mend("licence", left=(Left('nobody is named who holds the rights: --holder "Name"'),))
    text = (pkgutil.get_data("causeway.actions.fix", f"licences/{name}.txt") or b"").decode()
    if name != NAMELESS:
        text = text.format(year=site.wish.year, holder=site.wish.holder)
    change = site.change(FILE, text.encode())
    return Mend("licence", (change,) if change else ())


def chosen(wish: str) -> str:
    """The licence of that name, whatever its case."""
    found = next((name for name in LICENCES if name.lower() == wish.lower()), None)
    if found is None:
        raise UsageError(f"no text of the licence {wish} is here", hint=f"one of: {', '.join(LICENCES)}")
    return found
