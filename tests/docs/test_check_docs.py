"""docs/check.md names every code that a check can give."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "check.md").read_text()
JUDGES = sorted((ROOT / "src" / "causeway" / "assess" / "poc").glob("*.py"))
CODE = re.compile(r'Finding\(\s*"([A-Z-]+)"|"([A-Z]+(?:-[A-Z]+)+)"')


@pytest.mark.parametrize("judge", JUDGES, ids=lambda path: path.stem)
def test_every_code_of_a_judge_is_documented(judge):
    found = {named or alone for named, alone in CODE.findall(judge.read_text())}
    listed = set(re.findall(r"[A-Z]+(?:-[A-Z]+)*", PAGE))
    assert not found - listed, "write into the table of docs/check.md"
