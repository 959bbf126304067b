import numpy as np
import pytest

from causeway.assess.answer_scale import Scale, judge, scale_of
from causeway.core.features_read import FUNCTIONS
from causeway.core.features_rules import Map, Numeric
from causeway.core.finding import Severity


def test_a_target_as_it_is_needs_no_word():
    assert scale_of("price", Numeric("price")) is None
    assert judge(None) == ()


@pytest.mark.parametrize("fn", sorted(FUNCTIONS))
@pytest.mark.parametrize(("a", "b"), [(1.0, 0.0), (0.5, 0.0), (1.0, -2.0), (3.0, 1.5)])
def test_what_undoes_it_does(fn, a, b):
    scale = scale_of("price", Numeric("price", fn=fn, a=a, b=b))
    if scale is None:
        assert (fn, a, b) == ("id", 1.0, 0.0)
        return
    names = {"log": np.log, "exp": np.exp, "sqrt": np.sqrt, "cbrt": np.cbrt, "floor": np.floor}
    answer = eval(scale.answers, names, {"price": 7.0})  # noqa: S307 - our own words
    if fn in ("round", "floor"):
        assert scale.undone == ""
        return
    assert eval(scale.undone, names, {"answer": answer}) == pytest.approx(7.0)  # noqa: S307 - the same


def test_a_logarithm_is_named_with_what_undoes_it():
    (finding,) = judge(scale_of("price", Numeric("price", fn="log1p")))

    assert finding.title == "The release answers log(1 + price), not price."
    assert "price = exp(answer) - 1" in finding.remedy.words
    assert (finding.code, finding.severity, finding.blocks_ship) == ("ANSWER-SCALE", Severity.FIX, False)


@pytest.mark.parametrize(
    ("scale", "words"),
    [
        (scale_of("price", None), "not fitted to price as it is"),
        (scale_of("", None), "values that no column holds"),
        (scale_of("price", Map("price", "code-map", {})), "not fitted to price as it is"),
        (scale_of("size", Numeric("size", base="first_number")), "answers first number of size, not size"),
        (Scale("price"), "another scale"),
    ],
)
def test_what_is_not_known_is_said_too(scale, words):
    (finding,) = judge(scale)

    assert words in finding.title
    assert finding.remedy.words
