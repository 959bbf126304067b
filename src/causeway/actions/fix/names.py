"""The fixes there are, by name."""

from collections.abc import Callable

from causeway.actions.fix.change import Mend
from causeway.actions.fix.recipes import (
    ci,
    debug,
    encoding,
    gitignore,
    licence,
    loglines,
    module,
    paths,
    python_version,
    requirements,
    seed,
    split,
    tests,
)
from causeway.actions.fix.site import Site

Recipe = Callable[[Site], Mend]

RECIPES: dict[str, tuple[Recipe, str]] = {
    "requirements": (requirements.mend, "every package declared, one version each, in UTF-8"),
    "split": (split.mend, "what learns from rows fitted after the split"),
    "paths": (paths.mend, "paths of one machine made relative to the file"),
    "module": (module.mend, "a notebook as a module beside it"),
    "debug": (debug.mend, "the debug server switched off"),
    "seed": (seed.mend, "a seed for every split"),
    "tests": (tests.mend, "tests of the data, the saved model and the code"),
    "ci": (ci.mend, "a workflow that runs the tests at every push"),
    "licence": (licence.mend, "the licence that you choose"),
    "logging": (loglines.mend, "logging instead of print in scripts"),
    "gitignore": (gitignore.mend, "caches, environments, secrets and rubbish kept out"),
    "python": (python_version.mend, "the version of Python stated"),
    "encoding": (encoding.mend, "requirements in UTF-16 saved as UTF-8"),
}
"""Each fix with what it does, in a few words."""

SCAFFOLD = ("tests", "ci", "licence", "logging", "gitignore")
NAMES = (*RECIPES, "scaffold")


def spelled_out(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names with `scaffold` as the fixes that it stands for, each once."""
    each = [part for name in names for part in (SCAFFOLD if name == "scaffold" else (name,))]
    return tuple(dict.fromkeys(each))
