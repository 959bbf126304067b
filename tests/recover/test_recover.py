"""Preprocessing outside the model is recovered whatever way it was written, and only if it is true."""

import numpy as np
import pytest
from sklearn.preprocessing import LabelEncoder, StandardScaler
from trainings import MODEL, SAMPLER, Training

from causeway.core.errors import NotFound, UsageError
from causeway.core.features import Derived, Map, NumberElseMap, Numeric, Pair, Step, Words
from causeway.core.table import Text
from causeway.core.trace import Captured, Fit, Link
from causeway.recover import prove, recover, signature_of

ROWS = 300
RNG = np.random.default_rng(7)
CITY = RNG.choice(["Pune", "Delhi", "Goa", "Agra"], ROWS).tolist()
AGE = RNG.integers(18, 80, ROWS).astype(float)
INCOME = np.round(RNG.lognormal(10, 1, ROWS), 2)
SIZE = [f"{n} BHK" for n in RNG.integers(1, 6, ROWS)]
JOINED = [f"20{y:02}-{m:02}-{d:02}" for y, m, d in RNG.integers((10, 1, 1), (24, 13, 29), (ROWS, 3))]
CHURN = RNG.choice(["No", "Yes"], ROWS).tolist()
Y = np.array([value == "Yes" for value in CHURN], np.int64)
SOURCE = {"city": CITY, "age": AGE, "income": INCOME, "size": SIZE, "joined": JOINED, "churn": CHURN}
SOURCE["spent"] = AGE - AGE.min()
TRAIN, TEST = np.arange(0, ROWS, 2), np.arange(1, ROWS, 2)


def recovered(columns, *, y=Y, source=None, target="churn", labels=None, kind="classifier"):
    training = Training(**(SOURCE | (source or {})))
    whole = training.matrix(columns, labels=np.arange(ROWS) if labels is None else labels)
    training.split_fit(whole, y, train=TRAIN, test=TEST, kind=kind)
    return recover(training.loaded(), target=target), training


def rule_of(values, name="x", **more):
    found, _ = recovered({"age": AGE, name: values}, **more)
    return found.rules[1]


def test_a_plain_training_is_recovered_whole():
    codes = LabelEncoder().fit_transform(CITY)
    found, training = recovered({"city": codes, "age": AGE, "income": INCOME})
    assert found.unexplained == ()
    assert [type(rule) for rule in found.rules] == [Map, Numeric, Numeric]
    assert found.rules[0].what == "label-encoder"
    assert (found.alignment, found.evidence, found.dropped, found.form) == ("index", 1.0, 0, "matrix")
    assert np.flatnonzero(found.fitted).tolist() == TRAIN.tolist()
    assert (found.model, found.sampler, found.leaks) == (MODEL, None, ())
    for column in prove(found.features, training.tables["t0"].take(found.positions), found.matrix):
        assert (column.equal, column.undefined, column.largest_difference) == (ROWS, 0, 0.0)


def test_the_signature_asks_only_for_what_the_rules_read():
    codes = LabelEncoder().fit_transform(CITY)
    found, training = recovered({"city": codes, "age": AGE, "rooms": [float(s[0]) for s in SIZE]})
    city, age, size = signature_of(found, training.tables["t0"])
    assert (city.name, city.kind, city.categories) == ("city", "text", ("Agra", "Delhi", "Goa", "Pune"))
    assert (age.kind, age.minimum, age.maximum, age.required) == ("number", AGE.min(), AGE.max(), True)
    assert (size.name, size.kind, size.minimum) == ("size", "text", 1.0)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.log1p(INCOME), Numeric("income", fn="log1p")),
        (np.log(INCOME), Numeric("income", fn="log")),
        (AGE**2, Numeric("age", fn="square")),
        (np.array([float(s[0]) for s in SIZE]), Numeric("size", base="first_number")),
        (
            np.array([int(d[5:7]) for d in JOINED]),
            Numeric("joined", base="date.month", format="%Y-%m-%d"),
        ),
        (INCOME / AGE, Pair(("income", "age"), "ratio")),
        (INCOME - AGE, Pair(("income", "age"), "difference")),
        (INCOME / (AGE - AGE.min() + 1), Pair(("income", "spent"), "ratio", plus=1.0)),
    ],
)
def test_functions_of_raw_columns(values, expected):
    rule = rule_of(values)
    assert type(rule) is type(expected)
    shape = {"column", "columns", "fn", "base", "operation", "format", "plus"}
    for name in shape & set(rule.__struct_fields__):
        assert getattr(rule, name) == getattr(expected, name)
    assert (rule.a, rule.b) == (1.0, 0.0)
    assert rule.support == ROWS


def test_a_scaler_fitted_on_the_training_rows_is_a_line():
    rows = np.column_stack([AGE, INCOME])
    scaler = StandardScaler().fit(rows[TRAIN])
    training = Training(**SOURCE)
    whole = training.matrix({"age": AGE, "income": INCOME}, labels=np.arange(ROWS))
    for picks, scaled in ((TRAIN, scaler.transform(rows[TRAIN])), (TEST, scaler.transform(rows[TEST]))):
        part = training.transformed(training.part(whole, picks), {"x0": scaled[:, 0], "x1": scaled[:, 1]})
        if picks is TRAIN:
            training.fit(part, Y[TRAIN])
        else:
            training.fits.append(training.fits[-1].__class__("predict", MODEL, "Model", "sklearn", part))
    found = recover(training.loaded(), target="churn")
    assert (len(found.positions), found.unexplained) == (ROWS, ())
    assert found.rules[0].a == pytest.approx(1 / scaler.scale_[0])
    proof = prove(found.features, training.tables["t0"].take(found.positions), found.matrix)
    assert max(column.largest_difference for column in proof) < 1e-12
    assert [column.close for column in proof] == [ROWS, ROWS]


def test_dummies_with_the_first_dropped_and_rare_places_grouped():
    names = [f"Place {n}" for n in range(12)]
    place = RNG.choice(names, ROWS, p=np.array([8, 8, 8, 8, 1, 1, 1, 1, 1, 1, 1, 1]) / 40).tolist()
    common = names[:4]
    dummies = {name: [p == name for p in place] for name in common[1:]}
    dummies["other"] = [p not in common for p in place]
    found, _ = recovered({"age": AGE, **dummies}, source={"place": place})
    assert [rule.what for rule in found.rules[1:]] == ["one-hot"] * 3 + ["group-indicator"]
    assert set(found.rules[-1].values) == set(names[4:])
    assert found.domains["place"] == tuple(sorted(set(place)))


def test_a_group_that_looks_like_a_code_keeps_its_codes():
    ages = np.where(AGE < 30, 0.0, np.where(AGE < 55, 1.0, 2.0))
    rule = rule_of(ages, "band")
    assert isinstance(rule, Step)
    assert rule.values == (0.0, 1.0, 2.0)
    fees = np.round(RNG.uniform(0, 90, ROWS), 2)
    assert rule_of(np.digitize(fees, [30, 60]), "fee_band", source={"fee": fees}).cuts == (30.0, 60.0)
    assert all(low < cut < high for cut, (low, high) in zip(rule.cuts, rule.intervals, strict=True))
    assert isinstance(rule_of([{"Pune": 3.0, "Delhi": 1.5, "Goa": 1.5, "Agra": 9.0}[c] for c in CITY]), Map)


def test_fills_are_proven_for_what_was_missing_only():
    holes = np.where(np.arange(ROWS) % 11 == 0, np.nan, INCOME)
    filled = np.where(np.isnan(holes), np.nanmedian(holes), holes)
    rule = rule_of(filled, source={"income": holes})
    assert (rule.column, rule.missing, rule.coerce) == ("income", np.nanmedian(holes), False)
    assert rule_of(holes, source={"income": holes}).keeps_missing
    texts = [" " if n % 11 == 0 else str(v) for n, v in enumerate(INCOME)]
    coerced = rule_of(np.where(np.isnan(holes), 0.0, INCOME), source={"income": texts})
    assert (coerced.missing, coerced.coerce) == (0.0, True)


def test_odd_text_among_numbers_is_coded_by_its_shape():
    odd = {0: "{} Acres", 1: "{} Guntha"}
    texts = [odd.get(n % 7, "{}").format(v) for n, v in enumerate(INCOME)]
    rule = rule_of([{0: -1.0, 1: -2.0}.get(n % 7, v) for n, v in enumerate(INCOME)], source={"income": texts})
    assert rule == NumberElseMap("income", {"# Acres": -1.0, "# Guntha": -2.0}, support=ROWS)


def test_a_category_that_is_missing_has_its_own_code():
    city = [None if n % 9 == 0 else c for n, c in enumerate(CITY)]
    codes = LabelEncoder().fit_transform([str(c) for c in city])
    rule = rule_of(codes, "city", source={"city": city})
    assert (rule.what, rule.column, rule.missing) == ("label-encoder", "city", 3.0)


def test_whether_a_value_is_missing_is_a_rule():
    gone = np.arange(ROWS) % 9 == 0
    city = [None if absent else c for c, absent in zip(CITY, gone, strict=True)]
    note = [None if absent else f"note {n}" for n, absent in enumerate(gone)]
    pay = np.where(gone, np.nan, INCOME)
    for source in ({"city": city}, {"note": note}, {"pay": pay}):
        found, training = recovered({"age": AGE, "x": gone}, source=source)
        assert (found.unexplained, found.rules[1].column, found.rules[1].missing) == ((), *source, 1.0)
        (_, proof) = prove(found.features, training.tables["t0"].take(found.positions), found.matrix)
        assert proof.equal == ROWS


def test_frequencies_and_means_of_the_target_are_told_apart():
    share = [CITY.count(c) / ROWS for c in CITY]
    assert rule_of(share).what == "frequency"
    means = {c: Y[[n for n, other in enumerate(CITY) if other == c]].mean() for c in set(CITY)}
    found, _ = recovered({"age": AGE, "x": [means[c] for c in CITY]})
    assert found.rules[1].target_encoded
    assert [(leak.kind, leak.detail) for leak in found.leaks] == [("target-encoded", "x")]
    assert not rule_of([{"Pune": 3.0, "Delhi": 1.5, "Goa": 2.5, "Agra": 9.0}[c] for c in CITY]).target_encoded


@pytest.mark.parametrize("rows", [np.arange(ROWS), TRAIN])
def test_means_of_the_target_are_known_when_smoothed_or_of_two_categories(rows):
    def smoothed(categories, weight):
        of = {c: [n for n in rows if categories[n] == c] for c in set(categories)}
        prior = Y[rows].mean()
        made = {c: (Y[mine].sum() + weight * prior) / (len(mine) + weight) for c, mine in of.items()}
        return [made[c] for c in categories]

    sides = ["left" if n % 3 else "right" for n in range(ROWS)]
    assert recovered({"x": smoothed(CITY, 20)})[0].rules[0].target_encoded
    assert recovered({"x": smoothed(sides, 0), "age": AGE}, source={"side": sides})[0].rules[0].target_encoded


def test_a_column_over_filled_columns_is_derived_from_them():
    holes = np.where(np.arange(ROWS) % 11 == 0, np.nan, INCOME)
    filled = np.where(np.isnan(holes), 5.0, holes)
    found, training = recovered({"f": filled, "age": AGE, "r": filled / AGE}, source={"income": holes})
    assert found.rules[2] == Derived((0, 1), "ratio", support=ROWS)
    assert found.unexplained == ()
    proof = prove(found.features, training.tables["t0"], found.matrix)
    assert [column.equal for column in proof] == [ROWS] * 3


def test_noise_and_the_target_explain_nothing():
    names = [f"person {n}" for n in range(ROWS)]
    found, _ = recovered(
        {"age": AGE, "noise": RNG.normal(size=ROWS), "flag": RNG.integers(0, 2, ROWS), "leak": Y * 3.0 + 1},
        source={"name": names},
    )
    assert found.unexplained == ("noise", "flag", "leak")
    assert found.features is None


def test_codes_of_values_that_stand_once_are_no_rule_but_row_numbers():
    names = [chr(97 + n // 26) + chr(97 + n % 26) for n in RNG.permutation(ROWS)]
    once = ["Pune"] * (ROWS - 1) + ["Goa"]
    columns = {"sorted": LabelEncoder().fit_transform(names), "seen": np.arange(ROWS), "age": AGE}
    found, _ = recovered(columns, source={"name": names, "once": once})
    assert found.unexplained == found.row_numbers == ("sorted", "seen")


def test_rare_flags_are_not_explained_by_categories_seen_once():
    names = [f"person {n}" if n % 2 else "nobody" for n in range(ROWS)]
    rare = np.zeros(ROWS)
    rare[[11, 57, 203]] = 1.0
    assert rule_of(rare, source={"name": names}) is None


def test_single_precision_is_compared_as_such():
    training = Training(**SOURCE)
    scaled = (AGE / 7.0).astype(np.float32).astype(float)
    whole = training.matrix({"age": scaled}, labels=np.arange(ROWS), float32=True)
    training.fit(whole, Y)
    found = recover(training.loaded(), target="churn")
    assert (found.unexplained, found.float32) == ((), True)


def test_pipelines_take_text_as_it_is_stripped_or_replaced():
    spaced = [f" {c} " for c in CITY]
    merged = ["south" if c in {"Goa", "Pune"} else "north" for c in CITY]
    found, training = recovered(
        {"city": CITY, "clean": CITY, "part": merged, "age": AGE}, source={"spaced": spaced}
    )
    assert found.form == "columns"
    assert [type(rule) for rule in found.rules] == [Words, Words, Words, Numeric]
    assert found.rules[2].values == {"Goa": "south", "Pune": "south", "Delhi": "north", "Agra": "north"}
    assert found.domains["city"] == ("Agra", "Delhi", "Goa", "Pune")
    proof = prove(found.features, training.tables["t0"], found.matrix)
    assert [column.equal for column in proof] == [ROWS] * 4
    with pytest.raises(UsageError, match="columns of text"):
        _ = found.x


def test_an_amount_keeps_the_signs_that_were_seen():
    paid = [f"${value:,.2f}" for value in INCOME]
    assert rule_of(INCOME, source={"paid": paid, "income": AGE}) == Numeric(
        "paid", base="amount", format="$", support=ROWS
    )


def test_free_text_is_proven_for_the_characters_that_were_seen():
    told = [f"caf\u00e9 {n}" for n in range(ROWS)]
    found, _ = recovered({"told": told, "city": CITY}, source={"told": told})
    assert [rule.alphabet for rule in found.rules] == [" 0123456789acf\u00e9", ""]


def test_made_up_rows_are_counted_and_left_out():
    training = Training(**SOURCE)
    whole = training.matrix({"age": AGE, "income": INCOME}, labels=np.arange(ROWS))
    grown = training.part(whole, np.r_[np.arange(ROWS), np.full(40, -1)], "fit_resample")
    training.captured.append(Captured(SAMPLER, "SMOTE", "imblearn", "", "sampler"))
    training.fit(training.part(grown, np.arange(0, ROWS + 40, 2)), np.r_[Y, np.ones(40)][::2])
    found = recover(training.loaded(), target="churn")
    assert (found.synthetic, len(found.positions), found.sampler) == (20, ROWS, SAMPLER)
    assert [leak.kind for leak in found.leaks] == ["resampled-before-split"]


def test_the_last_saved_model_is_the_shipped_one_even_if_others_were_fitted_later():
    training = Training(**SOURCE)
    whole = training.matrix({"age": AGE}, labels=np.arange(ROWS))
    training.fit(whole, Y, model=5)
    training.fit(whole, Y, model=6, save=False)
    assert recover(training.loaded(), target="churn").model == 5
    training.dumps.clear()
    assert recover(training.loaded(), target="churn").model == 6


def test_the_table_is_the_one_whose_values_are_in_the_matrix():
    training = Training(age=AGE[::-1], churn=CHURN)
    training.reads(**SOURCE)
    training.fit(training.matrix({"age": AGE}, labels=np.arange(ROWS)), Y)
    assert recover(training.loaded(), target="churn").source == "t1"


def test_of_two_files_the_one_that_the_model_was_fitted_on_is_the_source():
    half = ROWS // 2
    training = Training(**{name: values[:half] for name, values in SOURCE.items()})
    training.reads(**{name: values[half:] for name, values in SOURCE.items() if name != "churn"})
    codes = LabelEncoder().fit_transform(CITY)
    for rows in (slice(0, half), slice(half, ROWS)):
        part = {"city": codes[rows], "age": AGE[rows], "income": INCOME[rows]}
        whole = training.matrix(part, labels=np.arange(half))
        if rows.start == 0:
            training.fit(whole, Y[rows])
        else:
            training.fits.append(training.fits[-1].__class__("predict", MODEL, "Model", "sklearn", whole))
    found = recover(training.loaded(), target="churn")
    assert (found.source, found.unexplained) == ("t0", ())
    assert (len(found.positions), found.fitted.all(), found.target.column) == (half, True, "churn")


def test_without_a_model_or_its_rows_there_is_nothing_to_recover():
    with pytest.raises(NotFound, match="no fitted model"):
        recover(Training(**SOURCE).loaded())
    grouped = Training(**SOURCE)
    matrix = grouped.matrix({"age": AGE})
    grouped.fits.append(Fit("fit", MODEL, "KMeans", "sklearn.cluster", matrix, ""))
    with pytest.raises(NotFound, match="clustering has no target"):
        recover(grouped.loaded())
    lost = Training(**SOURCE)
    lost.fit("", Y)
    with pytest.raises(NotFound, match="was not kept"):
        recover(lost.loaded())
    strange = Training(**SOURCE)
    strange.fit(strange.matrix({"z": RNG.normal(size=10)}), Y[:10])
    with pytest.raises(UsageError, match="no table that was read"):
        recover(strange.loaded())


def test_a_transformation_before_the_split_is_noted():
    training = Training(**SOURCE)
    raw = training.matrix({"age": AGE}, labels=np.arange(ROWS))
    scaled = training.transformed(raw, {"x0": (AGE - AGE.mean()) / AGE.std()}, "fit_transform")
    training.fit(training.part(scaled, TRAIN), Y[TRAIN])
    found = recover(training.loaded(), target="churn")
    assert [leak.kind for leak in found.leaks] == ["transformed-before-split"]
    assert len(found.positions) == ROWS


def test_scaled_columns_put_back_into_the_frame_before_the_split_are_noted():
    scaled = (AGE - AGE.mean()) / AGE.std()
    training = Training(**SOURCE)
    training.transformed(
        training.matrix({"age": AGE}, labels=np.arange(ROWS)), {"x0": scaled}, "fit_transform"
    )
    whole = training.matrix({"age": scaled, "income": INCOME}, labels=np.arange(ROWS))
    training.split_fit(whole, Y, train=TRAIN, test=TEST)
    assert [leak.kind for leak in recover(training.loaded(), target="churn").leaks] == [
        "transformed-before-split"
    ]


def test_links_in_a_circle_end():
    training = Training(**SOURCE)
    one = training.matrix({"age": AGE}, labels=np.arange(ROWS))
    other = training.transformed(one, {"x0": AGE * 2.0})
    training.links.append(Link("same", other, one, how="transform"))
    training.fit(other, Y)
    assert recover(training.loaded(), target="churn").unexplained == ()


def test_text_columns_do_not_stop_the_conflict_count():
    found, _ = recovered({"city": CITY, "age": AGE})
    assert found.conflicts == 0
    assert isinstance(found.matrix.columns["city"], Text)
