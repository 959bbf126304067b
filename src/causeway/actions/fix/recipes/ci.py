"""A workflow that runs the tests at every push, on the hosting that the repository uses."""

from causeway.actions.fix.change import Left, Mend
from causeway.actions.fix.recipes import tests
from causeway.actions.fix.recipes.requirements import FILE as REQUIREMENTS
from causeway.actions.fix.recipes.requirements import python_of
from causeway.actions.fix.site import Site, read_inside

GITHUB = ".github/workflows/tests.yml"
GITLAB = ".gitlab-ci.yml"
GITHUB_TEXT = """\
name: tests

on:
  push:
  pull_request:

permissions:
  contents: read

jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "{python}"
      - run: python -m pip install {needed}
      - run: python -m pytest
"""
GITLAB_TEXT = """\
test:
  image: python:{python}
  script:
    - python -m pip install {needed}
    - python -m pytest
"""


def mend(site: Site) -> Mend:
    """The workflow's file, and tests for it to run where there are none."""
    if site.poc.presence.ci or site.has(GITHUB) or site.has(GITLAB):
        return Mend("ci")
    if _inside_repository(site):
        return Mend("ci", left=(Left("this is not the root of its repository, where CI has to be set up"),))
    first = tests.mend(site)
    if not site.poc.presence.tests and not first.changes and not site.has(tests.FILE):
        return Mend("ci", left=(Left("there is no test for it to run"),))
    needed = f"-r {REQUIREMENTS} pytest" if site.has(REQUIREMENTS) else "pytest"
    gitlab = b"gitlab" in _remotes(site)
    path, text = (GITLAB, GITLAB_TEXT) if gitlab else (GITHUB, GITHUB_TEXT)
    change = site.change(path, text.format(python=python_of(site), needed=needed).encode())
    stated = "" if site.poc.python else " (the one that runs Causeway: the folder names none)"
    told = f"It runs Python {python_of(site)}{stated}."
    return Mend("ci", (*first.changes, *([change] if change else [])), (told,))


def _remotes(site: Site) -> bytes:
    return (read_inside(site.folder, ".git/config") or b"") if (site.folder / ".git").is_dir() else b""


def _inside_repository(site: Site) -> bool:
    own = (site.folder / ".git").exists()
    return not own and any((place / ".git").exists() for place in site.folder.parents)
