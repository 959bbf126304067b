"""Transformers that were fitted outside a model are put together with it, as if they were one pipeline."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from causeway.adapters import registry

TRAIN = """
import joblib
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.preprocessing import PowerTransformer, TargetEncoder

df = pd.read_csv("notes.csv")
y = df["good"]

words = CountVectorizer()
counts = words.fit_transform(df["note"])
weights = TfidfTransformer().fit_transform(counts)
frame = pd.DataFrame(weights.toarray(), columns=words.get_feature_names_out())
a, b, c, d = train_test_split(frame, y, random_state=1)
dense = GaussianNB().fit(a, c)
dense.score(b, d)
joblib.dump(dense, "dense.pkl")

numbers = PowerTransformer().fit_transform(df[["size", "age"]])
numbers = PCA(2).fit_transform(numbers)
sliced = Ridge().fit(numbers[:90], df["size"][:90])
joblib.dump(sliced, "sliced.pkl")

left, right = train_test_split(df, random_state=2)
late = CountVectorizer().fit(left["note"])
choose = SelectKBest(k=3)
few = choose.fit_transform(late.transform(left["note"]), left["good"])
split = LogisticRegression().fit(few, left["good"])
split.predict(choose.transform(late.transform(right["note"])))
joblib.dump(split, "split.pkl")

reused = CountVectorizer(token_pattern="[a-c]")
first = reused.fit_transform(df["kind"])
reused.fit(["other words than before"])
joblib.dump(LogisticRegression().fit(first, y), "reused.pkl")

crossed = TargetEncoder(target_type="binary", random_state=0).fit_transform(df[["kind"]], y)
joblib.dump(LogisticRegression().fit(crossed, y), "crossed.pkl")

from scipy.sparse import hstack
beside = hstack([counts, df[["size", "age"]].values]).tocsr()
a, b, c, d = train_test_split(beside, y, random_state=1)
stacked = LogisticRegression(max_iter=2000).fit(a, c)
stacked.score(b, d)
joblib.dump(stacked, "stacked.pkl")

back = df[["age", "kind", "size"]].copy()
back[["size", "age"]] = PowerTransformer().fit_transform(back[["size", "age"]])
back["kind"] = back["kind"].map({"a": 0, "b": 1, "c": 2})
joblib.dump(Ridge().fit(back, y), "back.pkl")

changed = PowerTransformer().fit_transform(df[["size", "age"]])
changed[:, 0] *= 2
joblib.dump(LogisticRegression().fit(changed, y), "changed.pkl")
"""


@pytest.fixture(scope="module")
def trained(ours, tmp_path_factory):
    folder, into = tmp_path_factory.mktemp("poc"), tmp_path_factory.mktemp("trace")
    draw = np.random.default_rng(3)
    lines = ["note,size,age,kind,good"]
    for _ in range(120):
        good = draw.random() < 0.5
        said = draw.choice(["fine work", "very fine", "nice"] if good else ["bad work", "late", "very bad"])
        numbers = f"{draw.lognormal():.4f},{draw.integers(20, 70)}"
        lines.append(
            f"{said} {draw.choice(['again', 'here', ''])},{numbers},{draw.choice(list('abc'))},{int(good)}"
        )
    (folder / "notes.csv").write_text("\n".join([*lines, ""]))
    (folder / "train.py").write_text(TRAIN)
    trace = registry.watch_training(ours, folder, "train.py", into)
    assert not trace.errors
    saved = {Path(dump.path).stem: dump.object for dump in trace.dumps}
    return into, trace, {name: together_of(trace, number) for name, number in saved.items()}


def together_of(trace, number):
    return next((one for one in trace.captured if one.instead_of == number), None)


def opened(into, captured):
    return pickle.loads((into / captured.file).read_bytes())  # noqa: S301 - made here


def rows_of(into, trace, captured):
    """Rows that the pipeline was fitted on, and their positions in all rows."""
    loaded = registry.load_trace(into)
    fit = [one for one in trace.fits if one.object == captured.object and one.call == "fit"][-1]
    link = next((one for one in trace.links if one.child == fit.matrix and one.positions), None)
    return loaded.matrices[fit.matrix], None if link is None else loaded.indexes[link.positions]


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_a_vectorizer_before_the_split_is_followed_through_a_dense_frame(trained):
    into, trace, models = trained
    together = models["dense"]

    assert together.steps == ("CountVectorizer", "TfidfTransformer")
    assert together.texts
    assert together.early == ("transformed-before-split",)
    rows, positions = rows_of(into, trace, together)
    assert list(rows.columns) == ["note"]
    assert len(rows) == len(positions) == 90
    answers = opened(into, together).predict_proba(list(rows.columns["note"].values))
    assert np.allclose(answers.sum(axis=1), 1)


def test_rows_that_were_sliced_are_found_again(trained):
    into, trace, models = trained
    together = models["sliced"]

    assert (together.steps, together.texts) == (("PowerTransformer", "PCA"), False)
    rows, positions = rows_of(into, trace, together)
    assert list(rows.columns) == ["size", "age"]
    assert list(positions) == list(range(90))


def test_what_was_fitted_on_training_rows_only_is_no_leak(trained):
    into, trace, models = trained
    together = models["split"]

    assert together.steps == ("CountVectorizer", "SelectKBest")
    assert together.early == ()
    asked = [fit.call for fit in trace.fits if fit.object == together.object]
    assert asked == ["fit", "predict"]
    assert len(rows_of(into, trace, together)[0]) == 90


def test_texts_beside_other_columns_are_taken_apart_again(trained):
    into, trace, models = trained
    together = models["stacked"]

    assert together.steps == ("CountVectorizer",)
    assert together.early == ("transformed-before-split",)
    rows, positions = rows_of(into, trace, together)
    assert [len(rows), len(positions)] == [90, 90]
    assert next(iter(rows.columns)) == "note"
    numbers = [column.values for name, column in rows.columns.items() if name != "note"]
    sizes = registry.load_trace(into).tables["t0"].columns["size"].values
    assert np.array_equal(numbers[0], sizes[positions])


def test_columns_that_were_transformed_in_their_place_are_taken_apart_again(trained):
    into, trace, models = trained
    together = models["back"]

    assert together.steps == ("PowerTransformer",)
    rows, _ = rows_of(into, trace, together)
    assert list(rows.columns) == ["kind", "size", "age"]
    assert set(rows.columns["kind"].values) == {0, 1, 2}


def test_what_would_answer_otherwise_is_not_put_together(trained):
    _, trace, models = trained

    assert [models[name] for name in ("reused", "crossed", "changed")] == [None, None, None]
    why = "LogisticRegression and the transformers before it were not put together: "
    unfit, otherwise = sorted(note.removeprefix(why) for note in trace.notes)
    assert otherwise == "together they answer otherwise than the model did"
    assert unfit.startswith("ValueError: X has 2 features")
