"""What the judges say of columns that give the answer away, and of records that are copies."""

import random

import pytest

import folders
from causeway.assess.poc.judging import judge
from causeway.intake import read_poc

TRAIN = """import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split
df = pd.read_csv("pumps.csv")
PREPARES
X, y = df.drop(columns=["failed"]), df["failed"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=1)
model = RandomForestClassifier(random_state=1).fit(X_train, y_train)
print(model.score(X_test, y_test))
"""
NAMES = "heat,load,seal,wear,other,failed"


def found(folder, lines, code, prepares=""):
    train = TRAIN.replace("PREPARES", prepares)
    poc = read_poc(folders.write(folder, {"train.py": train, "pumps.csv": "\n".join(lines)}))
    return [finding for finding in judge(poc) if finding.code == code]


def pumps(*, seal, wear, rows=3000):
    """One in thirty fails; the shares of the failed by seal and by wear, the rest by neither."""
    draw = random.Random(4)
    lines = [NAMES]
    for n in range(rows):
        failed = n % 30 == 0
        why = draw.random()
        of_seal, of_wear = failed and why < seal, failed and seal <= why < seal + wear
        other = draw.random() < 0.04
        lines.append(
            f"{draw.gauss(60, 9):.2f},{draw.gauss(5, 1):.3f},{of_seal:d},{of_wear:d},{other:d},{failed:d}"
        )
    return lines


def test_kinds_of_the_outcome_among_the_features(tmp_path):
    (leak,) = found(tmp_path, pumps(seal=0.5, wear=0.48), "LEAK-TARGET")
    assert leak.title.startswith("seal and wear together are failed: any of them being 1 agrees with failed")
    assert "of 3,000 records, and tells" in leak.title
    assert leak.blocks_ship


def test_a_column_that_gives_a_part_away_is_asked_about(tmp_path):
    (leak,) = found(tmp_path, pumps(seal=0.4, wear=0), "LEAK-TARGET")
    assert "records where seal is 1 (in 3.3% of all): is that known before the outcome?" in leak.title
    assert not leak.blocks_ship


def test_a_strong_hint_or_a_common_class_is_no_leak(tmp_path):
    draw = random.Random(2)
    lines = [NAMES]
    for _ in range(2000):
        failed = draw.random() < 0.05
        seal = draw.random() < (0.8 if failed else 0.03)
        lines.append(f"{draw.gauss(60, 9):.2f},{draw.gauss(5, 1):.3f},{seal:d},0,1,{failed:d}")
    assert found(tmp_path / "hint", lines, "LEAK-TARGET") == []
    few = pumps(seal=0.4, wear=0, rows=900)
    assert found(tmp_path / "few", few, "LEAK-TARGET") == []


def measured(rows=400, seed=7):
    draw = random.Random(seed)
    return [
        f"{draw.gauss(60, 9):.1f},{draw.gauss(5, 1):.1f},{draw.random() < 0.5:d},{draw.random() < 0.3:d},"
        f"{draw.randrange(4)},{draw.random() < 0.4:d}"
        for _ in range(rows)
    ]


def test_copies_on_both_sides_of_a_random_split(tmp_path):
    rows = measured()
    (leak,) = found(tmp_path, [NAMES, *rows, *rows[:90]], "LEAK-COPIES")
    assert leak.title.startswith("90 of the 490 records of pumps.csv repeat another one in every column")
    assert "(chance would make about 1)" in leak.title
    assert [place.path for place in leak.evidence] == ["train.py", "pumps.csv"]


@pytest.mark.parametrize(
    "prepares", ["df = df.drop_duplicates()", "df = df[~df.duplicated()]", "df = df.loc[~df.duplicated()]"]
)
def test_copies_that_are_dropped_are_no_leak(tmp_path, prepares):
    rows = measured()
    assert found(tmp_path, [NAMES, *rows, *rows[:90]], "LEAK-COPIES", prepares) == []


def test_equal_answers_to_few_questions_are_no_copies(tmp_path):
    draw = random.Random(3)
    rows = [",".join(str(draw.randrange(3)) for _ in range(5)) + f",{draw.randrange(2)}" for _ in range(600)]
    assert found(tmp_path, [NAMES, *rows], "LEAK-COPIES") == []


def test_questions_that_go_together_make_no_copies_either(tmp_path):
    draw = random.Random(5)
    rows = []
    for _ in range(1500):
        mood = draw.randrange(3)
        answers = [str(mood if draw.random() < 0.8 else draw.randrange(3)) for _ in range(5)]
        rows.append(f"{','.join(answers)},{mood > 1:d}")
    assert found(tmp_path, [NAMES, *rows], "LEAK-COPIES") == []
