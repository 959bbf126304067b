"""`causeway watch FILE`: roles, windows, verdicts, and what is said of files that cannot be read."""

import json
import sqlite3
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner, Result

import shipyard
from causeway.actions.access import grant
from causeway.actions.workspace import open_workspace
from causeway.cli.watch import command
from causeway.core.events import DataRead

DAYS, A_DAY = 60, 60


def ran(*words: object) -> Result:
    return CliRunner().invoke(command, [str(word) for word in words])


def told(*words: object) -> dict:
    return json.loads(ran(*words, "--json").stdout)


def scored(*, days: int = DAYS, shift_at: int | None = None, worse_at: int | None = None) -> pl.DataFrame:
    """Rows with inputs, a chance, a label and what came, by time."""
    draw = np.random.default_rng(5)
    rows = days * A_DAY
    day = np.arange(rows) // A_DAY
    tenure = draw.normal(30, 10, rows)
    if shift_at is not None:
        tenure[day >= shift_at] += 12
    chance = 1 / (1 + np.exp((tenure - 30) / 10))
    truth = draw.random(rows) < chance
    if worse_at is not None:
        truth = np.where(day >= worse_at, draw.random(rows) < 0.5, truth)
    at = np.datetime64("2026-01-01T00:00:00", "ms") + np.arange(rows) * np.timedelta64(
        86_400_000 // A_DAY, "ms"
    )
    return pl.DataFrame(
        {
            "request_id": [f"r{row:06}" for row in range(rows)],
            "created_at": at,
            "tenure": tenure,
            "plan": draw.choice(["a", "b", "c"], rows),
            "note": [f"word {draw.integers(1 << 40)}" for _ in range(rows)],
            "probability": chance,
            "prediction": np.where(chance > 0.5, "Yes", "No"),
            "outcome": np.where(truth, "Yes", "No"),
        }
    )


def test_own_first_part_is_the_reference(tmp_path: Path) -> None:
    scored().write_csv(tmp_path / "rows.csv")
    (found,) = told(tmp_path / "rows.csv")["tables"]
    roles = found["roles"]
    assert (roles["time"], roles["prediction"], roles["score"]) == ("created_at", "prediction", "probability")
    assert (roles["outcome"], roles["id"], roles["features"]) == ("outcome", "request_id", ["tenure", "plan"])
    assert roles["left_out"]["note"] == "nearly every row has its own"
    assert (found["verdict"], found["window"], found["positive"]) == ("ok", "1 day", "Yes")
    assert found["reference_rows"] == 28 * A_DAY
    quality = next(each for each in found["sights"] if each["watches"] == "quality")
    assert quality["low"] < quality["reference"] < quality["high"]


def test_drift_that_answers_and_outcomes_show(tmp_path: Path) -> None:
    scored(shift_at=40, worse_at=40).write_parquet(tmp_path / "rows.parquet")
    result = ran(tmp_path / "rows.parquet")
    assert result.exit_code == 1
    assert "ACT" in result.stdout
    assert "quality roc_auc" in result.stdout
    assert "drift tenure" in result.stdout
    assert "first that of 2026-02-10" in result.stdout
    assert max(map(len, result.stdout.splitlines()[1:])) <= 80


def test_inputs_alone_warn(tmp_path: Path) -> None:
    frame = scored(days=20)
    frame.write_ndjson(tmp_path / "before.json")
    changed = frame.with_columns(
        plan=pl.lit("d"), tenure=pl.when(pl.col("tenure") > 45).then(None).otherwise("tenure")
    )
    changed.drop("created_at").write_csv(tmp_path / "now.tsv", separator="\t")
    found = told(tmp_path / "now.tsv", "--reference", tmp_path / "before.json")
    assert found["ok"]
    (table,) = found["tables"]
    seen = {each["about"]: each["verdict"] for each in table["sights"] if each["watches"] == "drift"}
    assert (table["verdict"], seen["plan"], seen["tenure"], table["window"]) == ("warn", "warn", "warn", "")
    same = told(tmp_path / "before.json", "--reference", tmp_path / "before.json")
    assert same["tables"][0]["verdict"] == "ok"


def test_rows_without_answers_are_judged_by_themselves(tmp_path: Path) -> None:
    draw = np.random.default_rng(1)
    frame = pl.DataFrame({"a": draw.normal(0, 1, 900), "b": draw.integers(0, 5, 900)})
    frame.write_csv(tmp_path / "before.csv")
    frame.with_columns(pl.col("a") + 1).write_csv(tmp_path / "now.csv")
    result = ran(tmp_path / "now.csv", "--reference", tmp_path / "before.csv")
    assert result.exit_code == 1
    assert ran(tmp_path / "now.csv", "--reference", tmp_path / "before.csv", "--ignore", "a").exit_code == 0


def test_columns_that_went_and_few_holes(tmp_path: Path) -> None:
    draw = np.random.default_rng(2)
    frame = pl.DataFrame(
        {"a": draw.normal(0, 1, 900), "b": draw.normal(0, 1, 900), "prediction": draw.integers(0, 2, 900)}
    )
    frame.write_csv(tmp_path / "before.csv")
    holes = pl.when(pl.int_range(pl.len()) % 40 == 0).then(None).otherwise("a")
    frame.with_columns(a=holes).drop("b").write_csv(tmp_path / "now.csv")
    (table,) = told(tmp_path / "now.csv", "--reference", tmp_path / "before.csv")["tables"]
    seen = {(each["watches"], each.get("about")): each["verdict"] for each in table["sights"]}
    assert seen["schema", "b"] == "warn"
    assert seen["missing", "a"] == "note"


def test_holes_that_begin_in_several_columns_at_once_are_a_warning(tmp_path: Path) -> None:
    draw = np.random.default_rng(3)
    frame = pl.DataFrame({name: draw.normal(size=1000) for name in ("a", "b", "c", "y")})
    frame.write_csv(tmp_path / "before.csv")
    few = [
        pl.when(pl.int_range(pl.len()) % 50 == place).then(None).otherwise(pl.col(name)).alias(name)
        for place, name in enumerate("abc")
    ]
    frame.with_columns(few).write_csv(tmp_path / "now.csv")
    (table,) = told(tmp_path / "now.csv", "--reference", tmp_path / "before.csv")["tables"]
    holes = [each for each in table["sights"] if each["watches"] == "missing"]
    assert table["verdict"] == "warn"
    assert [(each["about"], each["value"]) for each in holes] == [("a", 0.02), ("b", 0.02), ("c", 0.02)]


def test_an_estimate_where_outcomes_are_not_there_yet(tmp_path: Path) -> None:
    frame = scored(days=20)
    frame.write_parquet(tmp_path / "before.parquet")
    frame.drop("outcome").write_parquet(tmp_path / "now.parquet")
    (table,) = told(tmp_path / "now.parquet", "--reference", tmp_path / "before.parquet")["tables"]
    seen = {each["watches"]: each for each in table["sights"]}
    assert seen["quality"]["verdict"] == "not-enough-data"
    assert seen["estimate"]["verdict"] == "ok"
    assert abs(seen["estimate"]["value"] - seen["quality"]["reference"]) < 0.05


def test_named_roles(tmp_path: Path) -> None:
    scored(days=20).rename({"created_at": "z", "probability": "q", "outcome": "r"}).write_csv(
        tmp_path / "rows.csv"
    )
    words = ("--time", "none", "--score", "q", "--outcome", "r", "--prediction", "none", "--positive", "Yes")
    (table,) = told(tmp_path / "rows.csv", *words, "--window", "200")["tables"]
    assert (table["roles"]["score"], table["roles"]["outcome"], table["window"]) == ("q", "r", "200 rows")
    assert not table["timed"]
    wrong = ran(tmp_path / "rows.csv", "--score", "tenure")
    assert (wrong.exit_code, "no chance" in wrong.stderr) == (2, True)
    assert ran(tmp_path / "rows.csv", "--time", "nowhere").exit_code == 2
    assert ran(tmp_path / "rows.csv", "--window", "soon").exit_code == 2
    assert ran("--score", "q").exit_code == 2


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.csv", b"", "is empty"),
        ("header.csv", b"a,b\n", "has no rows"),
        ("empty.jsonl", b"  \n", "is empty"),
        ("cut.jsonl", b'{"a": 1}\n{"a": 2', "is cut short"),
        ("broken.jsonl", b'{"a": 1}\n{"a": }\n{"a": 2}\n', "line 2 of"),
        ("text.jsonl", b"a,b\n1,2\n", "holds no JSON lines"),
        ("latin.jsonl", b'{"a": "\xe9\xe8"}\n{"a": 1}\n', "is no UTF-8"),
        ("cut.parquet", b"PAR1 and no more", "is cut short"),
        ("ragged.csv", b"a,b\n1,2\n1,2,3\n", "is ragged"),
        ("none.csv", None, "there is no file"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, name: str, content: bytes | None, said: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    result = ran(tmp_path / name)
    assert (result.exit_code, said in result.stderr) == (2, True), result.stderr


def test_few_rows_are_not_enough(tmp_path: Path) -> None:
    (tmp_path / "few.csv").write_text("a,b\n" + "1,2\n3,4\n" * 20)
    result = ran(tmp_path / "few.csv")
    assert result.exit_code == 0
    assert "not-enough-data" in result.stdout
    assert "40 rows are no reference and a window" in result.stdout


def test_windows_1252_is_read(tmp_path: Path) -> None:
    towns = ("Paris", "Orl\xe9ans", "Orl\xe9ans")
    rows = "ville,n\n" + "".join(f"{towns[row % 3]},{row % 7}\n" for row in range(900))
    (tmp_path / "rows.csv").write_bytes(rows.encode("cp1252"))
    assert told(tmp_path / "rows.csv")["tables"][0]["verdict"] == "ok"


SOURCE = """
[[data]]
name = "scored"
from = "sqlite:///scored.db"
table = "scored"
path = "scored.csv"
owner = "a1"
purpose = "monitoring"
"""


def test_a_database_must_be_granted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAUSEWAY_KEYS", str(tmp_path / "keys"))
    monkeypatch.delenv("CAUSEWAY_LEDGER", raising=False)
    address = "sqlite:///scored.db#scored"
    refused = ran(address, "--folder", tmp_path)
    assert (refused.exit_code, "granted" in refused.stderr) == (1, True)

    folder = shipyard.poc(tmp_path / "churn", more=SOURCE)
    shipyard.release(folder)
    draw = np.random.default_rng(4)
    with sqlite3.connect(folder / "scored.db") as connection:
        connection.execute("CREATE TABLE scored (tenure REAL, prediction TEXT)")
        rows = [(float(draw.normal()), "Yes" if draw.random() < 0.5 else "No") for _ in range(800)]
        connection.executemany("INSERT INTO scored VALUES (?, ?)", rows)
    connection.close()
    monkeypatch.chdir(folder)
    refused = ran(address)
    assert (refused.exit_code, "nobody has granted" in refused.stderr) == (1, True)
    grant(open_workspace(folder, actor="a1"), folder, "scored", days=3)
    (table,) = told(address)["tables"]
    assert (table["verdict"], table["rows"], table["table"]) == ("ok", 800, "scored")
    work = shipyard.workspace(folder)
    (read,) = [each.fact for each in work.ledger.read("churn") if isinstance(each.fact, DataRead)]
    work.ledger.close()
    assert (read.rows, read.columns, read.grant[:6]) == (800, ("tenure", "prediction"), "grant-")


def test_a_folder_is_the_product_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAUSEWAY_KEYS", str(tmp_path / "keys"))
    monkeypatch.delenv("CAUSEWAY_LEDGER", raising=False)
    folder = shipyard.poc(tmp_path / "churn")
    shipyard.release(folder)
    assert told(folder)["products"][0]["verdict"] == "not-live"
