"""Two releases are told apart by causes before consequences."""

from msgspec import structs

import shipyard
from causeway.assess.sameness import differences

INPUTS = {"manifest": "a", "data": "b", "code": "c", "environment": "d", "contract": "e", "source": "f"}
OLD = structs.replace(shipyard.RELEASE, files={"model.onnx": "sha256:1"}, inputs=INPUTS)


def told(**changes):
    return [(each.kind, each.words) for each in differences(OLD, structs.replace(OLD, **changes))]


def test_the_same_inputs_and_bytes_are_the_same_release():
    assert told() == []


def test_a_changed_table_comes_before_what_it_changed():
    seen = told(
        inputs={**INPUTS, "data": "other", "source": "other"},
        files={"model.onnx": "sha256:2", "card.md": "sha256:3"},
    )
    assert seen == [
        ("input", "the data changed"),
        ("result", "card.md is new"),
        ("result", "model.onnx has other bytes"),
    ]


def test_other_bytes_of_the_same_inputs_are_a_training_without_seeds():
    kinds = told(files={"model.onnx": "sha256:2"})
    assert kinds[0][1].endswith("fix its seeds")
    assert kinds[1] == ("result", "model.onnx has other bytes")


def test_columns_that_callers_send_are_named():
    fewer = structs.replace(OLD.signature, inputs=OLD.signature.inputs[:1])
    gone = OLD.signature.inputs[1].name
    assert (f"callers send no {gone}") in told(signature=fewer)[1][1]


def test_figures_that_differ_are_told_side_by_side():
    seen = told(evaluation=structs.replace(OLD.evaluation, value=0.5))
    assert f"is 0.5, was {OLD.evaluation.value:.6g}" in seen[-1][1]
