"""Names that a script uses and nothing defines."""

import pytest

import folders
from causeway.assess.poc.judging import judge
from causeway.intake import read_poc

LATE = """import openai
def ask():
    try:
        return openai.ask()
    except RateLimitError:
        return ''
"""
TAKEN = """def f(given: 'Table', *more, **named) -> None:
    global kept
    kept = [a for a in more if (b := a)]
    print(b)
print(kept, __file__)
"""
MATCHED = """match [1]:
    case [first, *rest]:
        print(first, rest)
    case {'a': 1, **others}:
        print(others)
"""
HELD = """class A:
    x = 1
    def f(self):
        return __class__, A.x
for n in range(3):
    print(n)
with open('x') as f:
    print(f)
"""


def found(folder, code, name="app.py"):
    poc = read_poc(folders.write(folder, {name: code}))
    return {finding.code: finding for finding in judge(poc)}


def test_the_line_is_told(tmp_path):
    code = LATE
    said = found(tmp_path, code)["NAME-UNDEFINED"]
    assert said.title.startswith("RateLimitError is used, and no line of the file defines or imports it")
    assert str(said.evidence[0]) == "app.py:5"


@pytest.mark.parametrize(
    "code",
    [
        "from helpers import *\nprint(anything)\n",
        "globals()['x'] = 1\nprint(x)\n",
        "try:\n    unknown\nexcept NameError:\n    unknown = 1\n",
        TAKEN,
        MATCHED,
        HELD,
        "from typing import TYPE_CHECKING\ndef f(t: Table) -> Table:\n    return t\n",
    ],
)
def test_what_is_defined_in_any_way_is_not_told(tmp_path, code):
    assert "NAME-UNDEFINED" not in found(tmp_path, code)
