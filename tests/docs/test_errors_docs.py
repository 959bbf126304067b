"""docs/errors.md lists every error with its code, exit code and HTTP status."""

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import causeway
from causeway.cli.verb import EXIT_CODES
from causeway.core.errors import CausewayError

PAGE = Path(__file__).parents[2] / "docs" / "errors.md"
ROW = re.compile(r"^\| `(\w+)` \| (\d) \| (\d{3}) \|", re.MULTILINE)


def every_error(above=CausewayError):
    yield above
    for below in above.__subclasses__():
        yield from every_error(below)


@pytest.fixture(scope="module")
def errors():
    for module in pkgutil.walk_packages(causeway.__path__, "causeway."):
        if ".runner" not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    return [error for error in every_error() if error.__module__.startswith("causeway.")]


def test_every_error_is_listed_as_it_is(errors):
    listed = {(code, int(ends), int(status)) for code, ends, status in ROW.findall(PAGE.read_text())}
    missing = [
        f"| `{error.code}` | {error.exit_code} | {error.status} | {error.__doc__.splitlines()[0]} |"
        for error in errors
        if (error.code, error.exit_code, error.status) not in listed
    ]
    assert not missing, "write into docs/errors.md:\n" + "\n".join(missing)


def test_every_error_has_a_message_of_its_own_and_a_known_exit_code(errors):
    for error in errors:
        assert error.__doc__, error
        assert error.exit_code in EXIT_CODES, error
        assert 400 <= error.status < 600, error
