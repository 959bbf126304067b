"""Data in every usual container: counted in records, described by columns, never trusted."""

import gzip
import io
import json
import sqlite3
import struct
import sys
import zipfile

import numpy as np
import polars as pl
import pytest

import folders
from causeway.assess.poc.judging import judge
from causeway.intake import read_poc
from causeway.intake.data.collections_of_files import collections_of
from causeway.intake.data.datafiles import read_data, read_sample
from causeway.intake.data.mlflow_runs import (
    claims_in_database,
    claims_in_runs,
    places_elsewhere,
    runs_in_folders,
)
from causeway.intake.files.walk import Entry, walk


def entry_of(tmp_path, name, raw):
    path = tmp_path / name
    path.write_bytes(raw if isinstance(raw, bytes) else raw.encode())
    return Entry(name, path.stat().st_size, path)


def data_of(tmp_path, name, raw):
    return read_data(entry_of(tmp_path, name, raw))


def test_a_gzipped_table(tmp_path):
    file = data_of(tmp_path, "people.csv.gz", gzip.compress(folders.people().encode()))
    assert file is not None
    assert (file.format, file.records, file.names[0]) == ("CSV", 200, "person_id")


def test_a_table_parted_by_blanks(tmp_path):
    file = data_of(tmp_path, "old.data", "".join(f"{n}  {n * 2.5}   a{n % 3}\n" for n in range(40)))
    assert file is not None
    assert (file.records, len(file.columns), file.header) == (40, 3, False)


@pytest.mark.parametrize(
    ("name", "text", "records"),
    [
        ("spam.txt", "".join(f"ham\tsee you at {n}\n" for n in range(60)) + "x" * 300, 60),
        ("prose.txt", "It was, as they say, a good day.\n" * 60, None),
        ("requirements.txt", "".join(f"package-{n}==1.0\n" for n in range(90)), None),
    ],
)
def test_a_text_is_a_table_only_when_it_looks_like_one(tmp_path, name, text, records):
    file = data_of(tmp_path, name, text)
    assert (file.records if file else None) == (records and records + 1)


def test_one_endless_line_is_taken_in_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr("causeway.intake.data.tabular.MAX_BYTES", 3_000_000)
    file = data_of(tmp_path, "a.csv", "a,b\n" + "1,2\n" * 300 + "x" * 9_000_000)
    assert file is not None
    assert file.exact is False


def test_a_long_array_of_objects_is_read_in_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr("causeway.intake.data.json_records.MAX_PIECE", 50)
    text = json.dumps([{"n": n, "word": f"w{n}"} for n in range(500)])
    file = data_of(tmp_path, "a.json", text)
    assert file is not None
    assert (file.format, file.records, file.exact, file.names) == ("JSON", 500, True, ("n", "word"))


@pytest.mark.parametrize("text", ['[{"a": 1}', "[1, 2, 3]", '{"a": [1]}', "[" * 5000])
def test_other_json_is_no_table(tmp_path, text):
    assert data_of(tmp_path, "a.json", text) is None


SHEET = (
    '<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr">'
    "<is><t>when</t></is></c>"
    '<c r="C1" t="s"><v>1</v></c></row>{rows}</sheetData></worksheet>'
)
ROW = (
    '<row r="{n}"><c r="A{n}"><v>{n}</v></c><c r="B{n}" s="1"><v>{day}</v></c>'
    '<c r="C{n}" t="b"><v>1</v></c></row>'
)


def workbook(rows=30):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "xl/workbook.xml",
            '<workbook><sheets><sheet name="A &amp; B" sheetId="1" r:id="rId1"/>'
            '<sheet name="empty" sheetId="2" r:id="rId2"/></sheets></workbook>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            '<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/>'
            '<Relationship Id="rId2" Target="worksheets/none.xml"/></Relationships>',
        )
        archive.writestr("xl/sharedStrings.xml", "<sst><si><t>n</t></si><si><t>o</t><t>k</t></si></sst>")
        archive.writestr(
            "xl/styles.xml",
            '<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>',
        )
        body = "".join(ROW.format(n=n, day=45_000 + n) for n in range(2, rows + 2))
        archive.writestr("xl/worksheets/sheet1.xml", SHEET.format(rows=body))
    return buffer.getvalue()


def test_a_workbook(tmp_path):
    file = data_of(tmp_path, "b.xlsx", workbook())
    assert file is not None
    assert (file.records, file.exact, file.parts) == (30, True, ("A & B: 30",))
    assert [(c.name, c.kind) for c in file.columns] == [("n", "integer"), ("when", "date"), ("ok", "boolean")]


def test_a_workbook_cut_at_the_limit_is_not_exact(tmp_path, monkeypatch):
    monkeypatch.setattr("causeway.intake.data.excel.MAX_SHEET_BYTES", 3_000)
    file = data_of(tmp_path, "b.xlsx", workbook(200))
    assert file is not None
    assert (file.exact, 0 < (file.records or 0) < 200) == (False, True)


@pytest.mark.parametrize("raw", [b"PK\x03\x04 no archive", b"\xd0\xcf\x11\xe0 another format", b""])
def test_a_workbook_that_is_none(tmp_path, raw):
    file = data_of(tmp_path, "b.xlsx", raw)
    assert file is not None
    assert file.problem


def parquet(tmp_path):
    frame = pl.DataFrame(
        {
            "n": range(300),
            "word": [f"w{n}" for n in range(300)],
            "x": [None if n % 3 == 0 else n / 2 for n in range(300)],
        }
    )
    frame.write_parquet(tmp_path / "a.parquet", row_group_size=100)
    path = tmp_path / "a.parquet"
    return Entry("a.parquet", path.stat().st_size, path)


def test_parquet_with_polars(tmp_path):
    entry = parquet(tmp_path)
    file = read_data(entry)
    assert file is not None
    assert (file.records, file.exact, file.sampled) == (300, True, 300)
    assert [(c.name, c.kind, c.nulls) for c in file.columns] == [
        ("n", "integer", 0),
        ("word", "text", 0),
        ("x", "float", 100),
    ]
    sampled = read_sample(entry)
    assert sampled is not None
    assert sampled.rows[5] == ["5", "w5", "2.5"]


def test_parquet_without_polars_is_told_by_its_footer(tmp_path, monkeypatch):
    entry = parquet(tmp_path)
    monkeypatch.setitem(sys.modules, "polars", None)
    file = read_data(entry)
    assert file is not None
    assert (file.records, file.exact, file.sampled) == (300, True, 0)
    assert [(c.name, c.kind, c.nulls, c.minimum, c.maximum) for c in file.columns] == [
        ("n", "integer", 0, 0.0, 299.0),
        ("word", "text", 0, None, None),
        ("x", "float", 100, 0.5, 149.5),
    ]


@pytest.mark.parametrize(
    "tail", [b"PAR1", struct.pack("<I", 9_999_999) + b"PAR1", b"\xff" * 40 + struct.pack("<I", 40) + b"PAR1"]
)
def test_a_broken_footer_is_said(tmp_path, tail):
    file = data_of(tmp_path, "a.parquet", b"PAR1" + tail)
    assert file is not None
    assert file.problem == "its footer cannot be read"


def test_arrays_by_their_headers(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.zeros((7, 3)), y=np.ones(7))
    np.save(tmp_path / "b.npy", np.zeros((4, 2)))
    files = {entry.path: read_data(entry) for entry in walk(tmp_path).entries}
    assert files["a.npz"].parts == ("x 7 x 3 of f8", "y 7 of f8")
    assert (files["b.npy"].records, files["b.npy"].parts) == (4, ("4 x 2 of f8",))


def test_a_database_with_its_journal_is_read_on_a_copy(tmp_path):
    database = sqlite3.connect(tmp_path / "a.db")
    database.execute("pragma journal_mode = wal")
    database.execute("create table orders (id integer, price real)")
    database.execute("create table buyers (email text)")
    database.executemany("insert into orders values (?, ?)", [(n, n * 1.5) for n in range(40)])
    database.executemany("insert into buyers values (?)", [(f"p{n}@mail.example.org",) for n in range(20)])
    database.commit()
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    file = read_data(next(entry for entry in walk(tmp_path).entries if entry.path == "a.db"))
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before
    assert (file.records, file.parts) == (40, ("orders: 40", "buyers: 20"))
    assert [(c.name, c.personal) for c in file.columns if c.personal] == [("buyers.email", "direct")]
    database.close()


def test_pointers_of_dvc(tmp_path):
    text = "outs:\n- md5: 0123456789abcdef0123456789abcdef\n  size: 1234\n  path: train.csv\n"
    file = data_of(tmp_path, "train.csv.dvc", text)
    assert file is not None
    assert (file.path, file.bytes, "DVC" in file.problem) == ("train.csv", 1234, True)


def test_folders_of_pictures_are_classes(tmp_path):
    for split in ("train", "test"):
        for name, count in (("cat", 8), ("dog", 6)):
            for n in range(count):
                folders.write(tmp_path, {f"data/{split}/{name}/{n}.jpg": b"x"})
    folders.write(tmp_path, {f"static/img/{n}.png": b"x" for n in range(40)})
    found = {
        file.path: (file.format, file.records, file.parts) for file in collections_of(walk(tmp_path).entries)
    }
    both = ("pictures", 14, ("cat: 8", "dog: 6"))
    assert found == {"data/train": both, "data/test": both}


META = "artifact_uri: file:///C:/Users/ann/mlruns/0/abc/artifacts\nrun_id: abc\n"


def test_runs_that_mlflow_kept_in_folders(tmp_path):
    folders.write(
        tmp_path,
        {
            "mlruns/0/meta.yaml": "artifact_location: file:///C:/Users/ann/mlruns/0\nexperiment_id: 0\n",
            "mlruns/0/abc/meta.yaml": META,
            "mlruns/0/abc/metrics/val_accuracy": "1650000000 0.7 0\n1650000001 0.81 1\n",
            "mlruns/0/abc/metrics/train_accuracy": "1650000000 0.99 0\n",
            "mlruns/0/abc/metrics/train_loss": "1650000000 0.2 0\n",
        },
    )
    entries = walk(tmp_path).entries
    assert [(file.format, file.records) for file in runs_in_folders(entries)] == [("MLflow runs", 1)]
    (claim,) = claims_in_runs(entries)
    assert (claim.metric, claim.value, claim.at.line) == ("accuracy", 0.81, 2)
    (place,) = places_elsewhere(entries)
    assert place.value.startswith("file:///C:/Users/")


def test_runs_that_mlflow_kept_in_a_database(tmp_path):
    database = sqlite3.connect(tmp_path / "mlflow.db")
    for table in ("model_versions", "experiments", "runs"):
        database.execute(f"create table {table} (x integer)")
    database.execute("create table latest_metrics (key text, value real, timestamp integer)")
    database.execute("insert into latest_metrics values ('f1_score', 0.62, 1), ('epoch', 3, 2)")
    database.commit()
    database.close()
    (entry,) = walk(tmp_path).entries
    assert [(claim.metric, claim.value) for claim in claims_in_database(entry)] == [("f1", 0.62)]


def test_a_folder_of_all_of_them_is_read(tmp_path):
    folders.write(
        tmp_path, {"b.xlsx": workbook(), "train.csv.dvc": "outs:\n- path: train.csv\n", "a.py": folders.TRAIN}
    )
    assert {file.format for file in read_poc(tmp_path).data} == {"Excel", "pointer"}


def test_line_ends_of_the_old_mac(tmp_path):
    file = data_of(
        tmp_path, "old.csv", folders.people().replace("\n", "\r").replace("plus", "plüs").encode("cp1252")
    )
    assert file is not None
    assert (file.records, file.encoding) == (200, "cp1252")


def test_several_lines_of_header(tmp_path):
    rows = "".join(f"2024-01-{1 + n % 28:02d},{n}.5,{n}\n" for n in range(60))
    file = data_of(tmp_path, "a.csv", "Price,Close,Volume\nTicker,ABC,ABC\nDate,,\n" + rows)
    assert file is not None
    assert (file.header_lines, file.records) == (3, 60)
    assert [column.kind for column in file.columns] == ["date", "float", "integer"]


def test_one_line_of_header_stays_one(tmp_path):
    file = data_of(tmp_path, "a.csv", "a,b\n,\n" + "".join(f"{n},{n}\n" for n in range(60)))
    assert file is not None
    assert file.header_lines in {1, 2}
    assert read_poc(folders.churn(tmp_path / "c")).data[0].header_lines == 1


def test_what_tools_keep_for_themselves_is_no_data(tmp_path):
    assert data_of(folders.write(tmp_path, {".gradio/x": ""}), ".gradio/log.csv", folders.people()) is None


def test_objects_a_line_under_the_name_of_json_are_said(tmp_path):
    files = {"a.json": "".join(f'{{"n": {n}}}\n' for n in range(30)), "b.jsonl": '{"n": 1}\n' * 30}
    found = [each for each in judge(read_poc(folders.write(tmp_path, files))) if each.code == "DATA-FORMAT"]
    assert [place.path for each in found for place in each.evidence] == ["a.json"]
