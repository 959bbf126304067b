"""More of what a folder may hold to keep a reader busy, waiting, or looking elsewhere: a class each."""

import os
import random
import time
from pathlib import Path

import pytest
from test_hostile import every_form

import folders
from causeway.actions.check import check
from causeway.core.errors import BadManifest, OutsideError
from causeway.intake import read_poc
from causeway.intake.files.text import searchable
from causeway.intake.files.walk import walk


def test_pipes_and_links_to_devices_are_neither_waited_for_nor_read(tmp_path):
    folders.churn(tmp_path)
    (tmp_path / ".git").mkdir()
    for name in ("README.md", "m.pkl", "n.ipynb", "constraints.txt", ".git/index"):
        os.mkfifo(tmp_path / name)
    for name in (".gitignore", ".git/config", "Dockerfile", ".env", "setup.py"):
        (tmp_path / name).symlink_to("/dev/zero")
    assert check(tmp_path).reach.files == 3


def test_a_key_of_toml_without_end_is_refused(tmp_path):
    endless = f"a{'.a' * 40_000} = 1\n"
    folders.churn(tmp_path, **{"uv.lock": endless, "pyproject.toml": endless, "settings.toml": endless})
    started = time.process_time()
    assert check(tmp_path).reach.files == 6
    assert time.process_time() - started < 5


@pytest.mark.parametrize("form", ["environment.yml", "config.yaml", "docker-compose.yml", "agents.yaml"])
def test_aliases_of_aliases_are_not_unfolded(tmp_path, form):
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [
        f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in zip("abcdefghijk", "bcdefghijkl", strict=True)
    ]
    use = f"import yaml, pandas\npandas.read_csv(yaml.safe_load(open({form!r}))['k'])\n"
    folders.churn(tmp_path, **{form: "\n".join(lines), "loop.yaml": "a: &a\n  b: *a\n", "use.py": use})
    assert read_poc(tmp_path).reach.seconds < 5


def test_what_a_reader_of_one_file_did_not_foresee_is_a_limit_that_is_said(tmp_path, monkeypatch):
    def surprised(_entry):
        raise TypeError("'int' object is not iterable")

    monkeypatch.setattr("causeway.intake.reading.read_model", surprised)
    limits = read_poc(folders.churn(tmp_path)).reach.limits
    assert "train.py could not be read: TypeError" in limits


def test_weights_are_not_searched_for_people_byte_by_byte(tmp_path):
    raw = (
        b"\x80\x04\x95" + b"x" * 4_000_000 + b"ann@firm.org bob@firm.org cy@firm.org di@firm.org ed@firm.org"
    )
    folders.churn(tmp_path, **{"weights.pkl": raw})
    poc = read_poc(tmp_path)
    assert next(model for model in poc.models if model.path == "weights.pkl").personal == "5 e-mail addresses"


def test_a_line_of_nothing_but_passwords_ends(tmp_path):
    started = time.process_time()
    read_poc(folders.churn(tmp_path, **{"README.md": "password=" * 40_000, "Dockerfile": "pwd=" * 40_000}))
    assert time.process_time() - started < 5


LONG = {
    "script.Rmd": ["a" * 400_000, " " * 400_000, "\n".join([" " * 2000 + "a" * 1900] * 200)],
    "setup.py": [" \n" * 200_000, "pwd=" * 100_000],
    "docker-compose.yml": ["[" * 190_000, "a: " * 60_000],
    "data.dvc": ["outs:\n" + " " * 15_000, "\n" * 15_000],
    "k8s.yaml": ["apiVersion: v1\nkind: Job\n" + " \n" * 90_000],
    "prompts/system.md": ["a.a." * 90_000, "a@a" * 90_000],
    "mise.toml": ["\n" * 200_000, "1" * 200_000],
}


@pytest.mark.parametrize("name", LONG)
def test_lines_that_keep_a_pattern_busy_are_cut(tmp_path, name):
    folders.churn(tmp_path)
    started = time.process_time()
    for text in LONG[name]:
        folders.write(tmp_path, {name: text})
        read_poc(tmp_path)
    assert time.process_time() - started < 5


def test_what_a_cut_line_says_keeps_its_place():
    text = "a" * 9_000 + "\nb\n" + ("c" * 3_999 + "\n") * 50
    cut = searchable(text)
    assert [len(line) for line in cut.split("\n")[:3]] == [4_000, 1, 3_999]
    assert cut.count("\n") == text.count("\n")
    assert len(cut.split("\n")[50]) == 200


def test_a_table_of_too_many_columns_is_called_that(tmp_path):
    wide = ",".join(f"c{n}" for n in range(20_000))
    folders.churn(tmp_path, **{"wide.csv": f"{wide}\n{wide}\n"})
    file = next(file for file in read_poc(tmp_path).data if file.path == "wide.csv")
    assert file.problem == "20,000 columns, more than the 5,000 that are read"


def test_a_manifest_that_leads_out_of_the_folder_or_has_a_key_without_end_is_refused(tmp_path):
    folder = folders.churn(tmp_path / "poc")
    (tmp_path / "else.toml").write_text('[product]\nname = "else"\n')
    (folder / "causeway.toml").symlink_to("../else.toml")
    with pytest.raises(OutsideError, match="a link that leads out of its folder"):
        check(folder)

    (folder / "causeway.toml").unlink()
    (folder / "causeway.toml").write_text(f'[product]\nname = "x"\na{".a" * 40_000} = 1\n')
    with pytest.raises(BadManifest, match="line 3 is not TOML: a key has too many parts"):
        check(folder)


def test_damaged_parquet_says_nothing_on_standard_error(tmp_path, capfd):
    polars = pytest.importorskip("polars")
    folders.churn(tmp_path)
    polars.DataFrame({"a": list(range(3000)), "b": ["x"] * 3000}).write_parquet(tmp_path / "ok.parquet")
    content = (tmp_path / "ok.parquet").read_bytes()
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    draw = random.Random(5)
    for copy in range(60):
        damaged = bytearray(content)
        damaged[draw.randrange(footer, len(content) - 8)] = draw.randrange(256)
        (tmp_path / f"{copy}.parquet").write_bytes(damaged)
    assert len(read_poc(tmp_path).data) > 60
    assert capfd.readouterr().err == ""
    os.write(2, b"still there")
    assert capfd.readouterr().err == "still there"


@pytest.mark.parametrize("left", [None, 0, 7, 300])
def test_files_that_shrink_or_vanish_after_they_were_found_end_in_an_answer(tmp_path, monkeypatch, left):
    def found(root):
        seen = walk(root)
        for entry in seen.entries:
            entry.full.unlink() if left is None else os.truncate(entry.full, min(left, entry.size))
        return seen

    monkeypatch.setattr("causeway.intake.reading.walk", found)
    assert check(every_form(tmp_path)).reach.files > 20


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become nobody")
def test_what_may_not_be_read_is_left_out(tmp_path):
    poc = every_form(tmp_path)
    for path in (*poc.rglob("*"), poc, *poc.parents[:-2]):
        path.chmod(0o755 if path.is_dir() else 0o644)
    for path in ("train.py", "model.pkl", "requirements.txt", "wide.csv", "base.db", "prompts"):
        (poc / path).chmod(0)
    os.seteuid(65534)
    try:
        said = check(poc)
    finally:
        os.seteuid(0)
    assert said.reach.files > 15


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc")
def test_a_folder_of_the_system_ends():
    started = time.monotonic()
    check(Path("/proc/self"))
    assert time.monotonic() - started < 20
