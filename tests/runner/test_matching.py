"""Which input of an app is which column, and what to type so that it means a stored value."""

import sys
from pathlib import Path

import pytest

RUNNER = Path(__file__).parents[2] / "src" / "causeway" / "runner"


@pytest.fixture(scope="module")
def matching():
    sys.path.insert(0, str(RUNNER))
    try:
        from causeway_runner import matching  # noqa: PLC0415 - it lies beside no package of ours

        yield matching
    finally:
        sys.path.remove(str(RUNNER))


COLUMNS = {
    "tenure": {1, 24},
    "MonthlyCharges": {29.85, 70.0},
    "InternetService": {"DSL", "Fiber optic", "No"},
    "SeniorCitizen": {0, 1},
    "total_sqft": {"1056", "2600"},
    "size": {"2 BHK", "3 BHK"},
    "JobRole": {"Sales Executive", "Manager"},
}


@pytest.mark.parametrize(
    ("label", "column"),
    [
        ("Tenure (months)", "tenure"),
        ("Monthly Charges", "MonthlyCharges"),
        ("monthly_charges", "MonthlyCharges"),
        ("Enter your internet service", "InternetService"),
        ("Senior Citizen", "SeniorCitizen"),
        ("sqft", "total_sqft"),
        ("size", "size"),
        ("Job Role", "JobRole"),
    ],
)
def test_an_input_is_the_column_of_its_name(matching, label, column):
    assert matching.matched([matching.Input(label)], COLUMNS) == {0: column}


def test_what_is_offered_tells_where_the_name_does_not(matching):
    inputs = [matching.Input("Connection service", "select", options=["DSL", "Fiber optic", "No"])]
    assert matching.matched(inputs, COLUMNS) == {0: "InternetService"}


def test_no_column_stands_behind_two_inputs(matching):
    found = matching.matched([matching.Input("tenure"), matching.Input("Tenure (months)")], COLUMNS)
    assert list(found.values()) == ["tenure"]


@pytest.mark.parametrize(
    ("label", "column"), [("feature_12", "feature_2"), ("V12", "V123"), ("Temperature 2", "temperature_1")]
)
def test_a_number_in_a_name_is_not_another_number(matching, label, column):
    assert matching.matched([matching.Input(label)], {column: {1.5, 2.5}}) == {}


def test_an_input_like_no_column_has_none(matching):
    assert matching.matched([matching.Input("Favourite colour")], COLUMNS) == {}


@pytest.mark.parametrize(
    ("options", "value", "typed"),
    [
        (["Yes", "No"], 1, "Yes"),
        (["Male", "Female"], "female", "Female"),
        ([1, 2, 3], "2 BHK", 2),
        (["2", "3"], 3.0, "3"),
        (["Fiber optic"], "fiber_optic", "Fiber optic"),
    ],
)
def test_the_option_that_means_the_value(matching, options, value, typed):
    assert matching.typed(matching.Input("x", "select", options=options), value) == (typed, False)


def test_a_value_that_is_not_offered_is_refused(matching):
    with pytest.raises(matching.Unfit, match="Human Resources"):
        matching.typed(
            matching.Input("role", "select", options=["Sales", "Human Resorces"]), "Human Resources"
        )


def test_whole_numbers_only_lose_what_a_stored_value_has_behind_the_point(matching):
    asked = matching.Input("charges", "number", whole=True)
    assert matching.typed(asked, 29.85) == (30, True)
    assert matching.typed(asked, 30.0) == (30, False)


def test_numbers_outside_the_bounds_are_refused(matching):
    with pytest.raises(matching.Unfit, match="between 0 and 72"):
        matching.typed(matching.Input("tenure", "number", low=0, high=72), 80)
