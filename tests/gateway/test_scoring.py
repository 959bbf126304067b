"""Tables are answered as requests are: by whole columns, or by a release's own process in batches."""

import math
import random
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import test_whole_model as notes
from bundle_made import write_bundle, write_columns, write_regression

from causeway.actions.score.answering import Answerer, Setup
from causeway.actions.score.files import part_files
from causeway.core.assignment import Lots
from causeway.core.features import Features, Numeric, Words
from causeway.core.release import Field
from causeway.core.routes import Route, Served
from causeway.core.score import Part, Staged
from causeway.core.table import Number, Table, Text
from causeway.gateway.answers.plane import flagged
from causeway.gateway.models.bundles import load_bundle
from causeway.gateway.models.columnwise import columnwise_of
from causeway.gateway.refusals import Invalid
from causeway.gateway.routes.routing import Variant

NOTED = Features(
    columns=("tenure", "plan"), rules=(Numeric("tenure"), Words("plan")), domains={"plan": ("basic", "gold")}
)
MAKERS = {
    "matrix by rules": write_bundle,
    "matrix as it is": write_regression,
    "columns by rules": lambda folder, signing: write_columns(folder, signing, features=NOTED),
    "columns as they are": lambda folder, signing: write_columns(folder, signing, features=None),
}
VALUES = {
    "number": (0.0, 3.5, 79.0, 81.0, -4.0, 1e39, None),
    "integer": (0, 7, 80, -3, None),
    "text": ("basic", "gold", "silver", "", None),
}


def drawn(fields: tuple[Field, ...], rows: int) -> list[dict]:
    draw = random.Random(7)
    return [
        {f.name: draw.choice(VALUES[f.kind][:2] * 4 + VALUES[f.kind]) for f in fields} for _ in range(rows)
    ]


def as_table(rows: list[dict], fields: tuple[Field, ...]) -> Table:
    columns = {}
    for field in fields:
        values = [row[field.name] for row in rows]
        if field.kind == "text":
            columns[field.name] = Text(values)
        else:
            numbers = [math.nan if value is None else float(value) for value in values]
            columns[field.name] = Number(np.array(numbers), field.kind)
    return Table(columns)


@pytest.mark.parametrize("form", MAKERS)
def test_whole_columns_get_the_answers_of_single_requests(form, tmp_path, signing):
    name, folder = MAKERS[form](tmp_path, signing)
    product = {"matrix by rules": "churn", "matrix as it is": "prices"}.get(form, "pipeline")
    served = Served(name, str(folder), 100)
    loaded = load_bundle(served, Route(product, (served,), (), trusted_keys=(signing.pem,)))
    fields = loaded.release.signature.inputs
    rows = drawn(fields, 400)
    made = columnwise_of(loaded, folder).of(as_table(rows, fields), names=loaded.release.model.input_names)
    predicted = loaded.model.predict_fed(made.tensors, int(made.rows.sum()))
    assert made.rows.sum() > 50
    for place, number in enumerate(np.flatnonzero(made.rows)):
        checked = loaded.schema.check([rows[number]])
        alone = loaded.model.predict(checked.rows)
        assert not flagged(checked.flags, alone.problems, Variant(loaded, 100, "champion"))[0]
        for output, values in alone.answers.items():
            if isinstance(values[0], str):
                assert predicted.answers[output][place] == values[0]
            else:
                assert predicted.answers[output][place] == pytest.approx(values[0], rel=1e-6)
    # what is left out is left to single requests: nothing plain may be among it
    for number in np.flatnonzero(~made.rows)[:40]:
        assert not plain(loaded, rows[number])


def plain(loaded, row):
    """Whether a request with this row is answered without a flag."""
    try:
        checked = loaded.schema.check([row])
        problems = loaded.model.predict(checked.rows).problems
        return not flagged(checked.flags, problems, Variant(loaded, 100, "champion"))[0]
    except Invalid:
        return False


@pytest.mark.parametrize("withheld", ["say", "fallback"])
def test_a_table_gets_the_arms_of_single_requests_the_holdout_too(tmp_path, signing, withheld):
    releases = [write_bundle(tmp_path / "bundles", signing, weights=(w, w, w)) for w in (-1.0, 1.0)]
    served = tuple(
        Served(name, str(folder), share) for (name, folder), share in zip(releases, (60, 40), strict=True)
    )
    route = Route(
        "churn",
        served,
        (),
        trusted_keys=(signing.pem,),
        entity="customer",
        holdout_percent=20,
        withheld=withheld,
        fallback={"leaves": "stay"},
    )
    row = {"tenure": 5.5, "visits": 3, "plan": "gold"}
    table = [row | {"customer": None if i == 7 else i, "tenure": 5.5 if i % 5 else 99.0} for i in range(80)]
    pl.DataFrame(table).write_parquet(tmp_path / "rows.parquet")
    staged = Staged(str(tmp_path / "rows.parquet"), 80, tuple(table[0]), textual=False)
    setup = Setup("score-1", "sha256:1", str(tmp_path), (staged,), route, unit="customer", entity="customer")
    answerer = Answerer(setup)
    done = answerer.answer(Part(0, 0, 0, 80, 0))
    answerer.close()
    lots = Lots("churn", (60, 40), "", 20)
    answers = pl.read_parquet(part_files(tmp_path, 0).answers)
    assert (done.scored, len(answers)) == (80, 80)
    records = pl.read_parquet(part_files(tmp_path, 0).segment)
    said = dict(zip(records["id"], records["out_label"], strict=True))
    for i, told in enumerate(answers.iter_rows(named=True)):
        # whoever is not named is drawn by the row's number, which is one more than its place
        unit = "8" if i == 7 else str(i)
        assert told["release"] == releases[lots.release(unit)][0]
        if lots.held_out(unit):
            assert (told["arm"], told["probability_leave"]) == ("holdout", None)
            assert told["label"] == ("stay" if withheld == "fallback" else None)
            assert told["flags"].split("|")[-1] == "withheld"
            # nobody is told, but it is known
            assert said[told["prediction_id"]] == ("stay", "leave")[lots.release(unit)]
        else:
            assert told["arm"] == ("champion", "canary")[lots.release(unit)]
            assert told["label"] == ("stay", "leave")[lots.release(unit)]
    assert done.arms.keys() == {"champion", "canary", "holdout"}
    kept = pl.read_parquet(part_files(tmp_path, 0).segment)
    assert kept["in_customer"].to_list() == [None if i == 7 else str(i) for i in range(80)]


@pytest.mark.integration
def test_a_model_that_was_not_converted_is_asked_in_batches(tmp_path, signing):
    rows = [{"note": ("four", None, "broken")[i % 3], "amount": float(i % 12)} for i in range(60)]
    pl.DataFrame(rows).write_parquet(tmp_path / "rows.parquet")
    staged = Staged(str(tmp_path / "rows.parquet"), 60, ("note", "amount"), textual=False)
    route = notes.route(notes.write(tmp_path / "bundle", signing), signing)
    answerer = Answerer(Setup("score-1", "sha256:1", str(tmp_path), (staged,), route))
    done = answerer.answer(Part(0, 0, 0, 60, 0))
    answerer.close()
    assert (done.scored, done.set_apart) == (40, 20)
    assert list(done.rules) == ["the model does not take it: ValueError: no such note"]
    answers = pl.read_parquet(part_files(Path(tmp_path), 0).answers)
    assert answers["row"].to_list() == [i + 1 for i in range(60) if i % 3 != 2]
    first = answers.row(0, named=True)
    assert (first["label"], first["probability_yes"], first["flags"]) == ("no", pytest.approx(0.4), None)
    assert answers.filter(pl.col("row") == 11)["flags"].to_list() == ["range:amount"]


def test_what_the_release_refuses_of_the_holdout_is_not_recorded_as_its_answer(tmp_path, signing):
    release, folder = write_bundle(tmp_path / "bundles", signing, weights=(-1.0, -1.0, -1.0))
    route = Route(
        "churn",
        (Served(release, str(folder), 100),),
        (),
        trusted_keys=(signing.pem,),
        entity="customer",
        holdout_percent=50,
        withheld="fallback",
        fallback={"leaves": "leave"},
    )
    row = {"tenure": 1e39, "visits": 3, "plan": "gold"}
    table = [row | {"customer": i, "tenure": 5.5 if i % 2 else 1e39} for i in range(40)]
    pl.DataFrame(table).write_parquet(tmp_path / "rows.parquet")
    staged = Staged(str(tmp_path / "rows.parquet"), 40, tuple(table[0]), textual=False)
    setup = Setup("score-1", "sha256:1", str(tmp_path), (staged,), route, unit="customer", entity="customer")
    answerer = Answerer(setup)
    answerer.answer(Part(0, 0, 0, 40, 0))
    answerer.close()
    records = pl.read_parquet(part_files(tmp_path, 0).segment).filter(pl.col("arm") == "holdout")
    known = dict(zip(records["in_tenure"] > 6, records["out_label"], strict=True))
    assert known == {True: None, False: "stay"}
