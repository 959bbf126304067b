"""What a release's answers are called."""

from types import SimpleNamespace

import pytest

from causeway.actions.stages.describe import outputs_of
from causeway.core.features_rules import Numeric


@pytest.mark.parametrize(
    ("column", "rule", "name"),
    [
        ("price", Numeric("price", fn="log"), "log_price"),
        ("price", Numeric("price"), "value"),
        ("price", Numeric("price", fn="log", a=2.0), "value"),
        ("Price (EUR)", Numeric("Price (EUR)", fn="log"), "value"),
        ("", None, "value"),
    ],
)
def test_a_regression_on_another_scale_answers_by_its_name(column, rule, name):
    recovered = SimpleNamespace(task="regression", target=SimpleNamespace(column=column, rule=rule))
    (output,) = outputs_of(recovered, None, positive="")
    assert (output.name, output.kind) == (name, "value")
