"""What a page asks for, and what the code behind it reads."""

import sys
from pathlib import Path

import pytest

RUNNER = Path(__file__).parents[2] / "src" / "causeway" / "runner"
PAGE = """
<form action="/predict" method="post">
  <input name="sqft" type="number"><input type="submit" name="go">
  <select name="area"><option value="" disabled>Choose</option><option>Built-up Area</option>
  <option value="plot">Plot</option></select>
  <input type="radio" name="sex" value="m"><input type="radio" name="sex" value="f">
</form>
"""


@pytest.fixture(scope="module")
def forms():
    sys.path.insert(0, str(RUNNER))
    try:
        from causeway_runner import forms  # noqa: PLC0415 - it lies beside no package of ours

        yield forms
    finally:
        sys.path.remove(str(RUNNER))


def by_form():
    result = request.form  # noqa: F821
    return result["location"], request.form.get("bath")  # noqa: F821


def by_json():
    data = request.get_json(force=True)  # noqa: F821
    return data["age"], data.get("plan"), data["age"]


async def awaited(request):
    body = await request.json()
    return body["age"]


def whole():
    return dict(request.get_json())  # noqa: F821


@pytest.mark.parametrize(
    ("view", "names", "sent"),
    [
        (by_form, {"location", "bath"}, "form"),
        (by_json, {"age", "plan"}, "json"),
        (awaited, {"age"}, "json"),
        (whole, set(), "json"),
    ],
)
def test_a_view_tells_its_fields(forms, view, names, sent):
    found, how = forms.read_by(view)
    assert (set(found), how) == (names, sent)


def test_a_page_tells_its_inputs_and_what_they_offer(forms):
    ((action, method, inputs),) = forms.forms_of(PAGE)
    assert (action, method) == ("/predict", "post")
    assert {one.name: one.options for one in inputs} == {
        "sqft": [],
        "area": ["Built-up Area", "plot"],
        "sex": ["m", "f"],
    }
