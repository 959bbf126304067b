"""Every code that a judge can give has its words and its figures in codes.csv."""

import re
from pathlib import Path

import pytest

from causeway.assess.codes import codes

ASSESS = Path(__file__).parents[2] / "src" / "causeway" / "assess"
CODE = re.compile(r'Finding\(\s*"([A-Z-]+)"|"([A-Z]+(?:-[A-Z]+)+)"')


@pytest.mark.parametrize("judge", sorted(ASSESS.glob("poc*.py")), ids=lambda path: path.stem)
def test_every_code_of_a_judge_has_words_and_figures(judge):
    found = {named or alone for named, alone in CODE.findall(judge.read_text())}
    assert not found - set(codes()), "write a line for each into src/causeway/assess/codes.csv"


def test_a_code_says_what_is_so_and_why_it_matters():
    for code in codes().values():
        assert code.says
        assert not code.says.endswith(".")
        assert code.matters.endswith("."), code.code
