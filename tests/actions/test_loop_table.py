"""The table that a product is trained on anew."""

import csv

import numpy as np

from causeway.actions.loop.rows import Labelled
from causeway.actions.loop.table import Source, compose
from causeway.assess.windows import Window
from causeway.core.manifest import DataPart
from causeway.core.table import Number, Table

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
