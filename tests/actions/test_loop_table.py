"""The table that a product is trained on anew."""

import csv

import msgspec
import numpy as np

import shipyard
from causeway.actions.loop.rows import Labelled, _left_out
from causeway.actions.loop.table import Source, compose
from causeway.assess.windows import Window
from causeway.core.manifest import DataPart
from causeway.core.table import Number, Table, Text

PART = DataPart("rows", path="rows.csv", target="left")


def test_what_never_varied_in_the_source_is_so_in_recorded_rows_too(tmp_path):
    source = Source(
        ("age", "currency", "note", "left"),
        (("31", "EUR", "", "no"), ("44", "EUR", "vip", "yes")),
        (None, None),
    )
    recorded = Labelled(
        ["a"], np.array([10]), Table({"age": Number(np.array([52.0]), "integer")}), ["yes"], np.ones(1), ""
    )
    into = tmp_path / "table.csv"
    made = compose(source, recorded, Window("all"), part=PART, until=11, into=into)
    *_, last = csv.reader(into.read_text().splitlines())
    assert last == ["52", "EUR", "", "yes"]
    assert made.empty == ("note",)


def test_texts_stay_texts_where_every_recorded_one_looks_like_a_number(tmp_path):
    source = Source(("age", "charge", "left"))
    inputs = Table({"age": Number(np.array([52.0]), "integer"), "charge": Text(["29.85"])})
    recorded = Labelled(["a"], np.array([10]), inputs, ["yes"], np.ones(1), "")
    into = tmp_path / "table.csv"
    made = compose(source, recorded, Window("all"), part=PART, until=11, into=into)
    assert made.given.texts == ("charge",)


def test_rows_whose_needed_values_were_not_recorded_teach_nothing():
    inputs = Table(
        {
            "tenure": Number(np.array([1.0, np.nan, 3.0]), "integer"),
            "Contract": Text(["One year", "One year", None]),
        }
    )
    assert _left_out(inputs, shipyard.RELEASE).tolist() == [False, True, True]
    flagging = msgspec.structs.replace(shipyard.RELEASE, missing="flag")
    assert not _left_out(inputs, flagging).any()
