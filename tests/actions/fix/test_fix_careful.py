"""Code that a careless fix would break or change the meaning of."""

import ast
import gzip
import subprocess
import sys

import pytest

import folders
from causeway.actions.fix.change import Change, counted
from causeway.actions.fix.fix import fix
from causeway.actions.fix.site import Wish
from causeway.core.errors import Refused

TABLE = "a,y\n" + "".join(f"{n},{n % 2}\n" for n in range(40))


def mended(folder, name, text, **more):
    folders.write(folder, {"t.csv": TABLE, "work.py": text, **more})
    fixed = fix(folder, [name], wish=Wish(offline=True), agree=lambda _: True)
    after = (folder / "work.py").read_text()
    ast.parse(after)
    return fixed, after


def logged(folder):
    done = subprocess.run(
        [sys.executable, "work.py"], cwd=folder, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stderr.splitlines()


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("x = 1\nprint((x + 1))\nprint((x), x)\nprint((x))\n", ["INFO 2", "INFO 1 1", "INFO x: 1"]),
        ("import os\n\ndef log(m):\n    print(m)\n\nglobals()['lo' + 'g'](7)\n", ["INFO m: 7"]),
        ('print("first")\nif __name__ == "__main__":\n    print("then")\n', ["INFO first", "INFO then"]),
        ('if __name__ == "__main__":\n\tprint("a")\n\tprint("b")\n', ["INFO a", "INFO b"]),
        ("print(n for n in [1])\nprint(3)\n", ["INFO 3"]),
    ],
)
def test_a_log_says_what_was_printed(text, lines, tmp_path):
    fixed, _ = mended(tmp_path, "logging", text)
    assert fixed.status == "fixed"
    assert logged(tmp_path) == lines


def test_a_file_that_cannot_be_mended_stops_no_other(tmp_path):
    odd = "@staticmethod\ndef f():\n    print(1)\n"
    fixed, after = mended(tmp_path, "logging", 'print("a")\n', **{"odd.py": odd})
    assert "log.info" in after
    assert "would not parse" in str(fixed.left[0])
    assert (tmp_path / "odd.py").read_text() == odd


SKLEARN = "from sklearn.model_selection import train_test_split as s\n"
SEEDED = {
    f"{SKLEARN}a, b = s([1, 2], test_size=(1/3))\n": 1,
    f"{SKLEARN}a, b = s([1, 2], test_size=.5,)\n": 1,
    "from helpers import my_train_test_split\na, b = my_train_test_split([1], [2])\n": 0,
    "def train_test_split(x):\n    return x\n\na = train_test_split([1])\n": 0,
}


@pytest.mark.parametrize("text", SEEDED)
def test_only_a_function_that_takes_a_seed_gets_one(text, tmp_path):
    _, after = mended(tmp_path, "seed", text)
    assert after.count("random_state=42") == SEEDED[text]


def test_a_switch_named_by_a_variable_is_still_asked_for(tmp_path):
    text = 'import os\nfrom flask import Flask\nV = "D"\nFlask("a").run(debug=os.getenv(V, True))\n'
    _, after = mended(tmp_path, "debug", text + "Flask('b').run(debug=True)\n")
    assert 'os.getenv(V, "").lower() in {"1", "true"}' in after


READ = 'import pandas as pd\nd = pd.read_csv("/home/bob/p/{}")\n'


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (READ.format("q.csv"), "several files here have that name"),
        (f"from fastapi import Path\n{READ.format('one/q.csv')}", "Path means something else"),
    ],
)
def test_a_path_that_may_mean_another_stays(text, why, tmp_path):
    fixed, after = mended(tmp_path, "paths", text, **{"one/q.csv": TABLE, "two/q.csv": TABLE})
    assert after == text
    assert why in str(fixed.left[0])


def test_whatever_may_not_take_a_path_gets_its_text(tmp_path):
    text = 'import fasttext\nm = fasttext.load_model("/home/bob/p/m.pkl")\n'
    _, after = mended(tmp_path, "paths", text, **{"m.pkl": b"x"})
    assert 'load_model(str(Path(__file__).resolve().parent / "m.pkl"))' in after


def test_the_command_against_rubbish_can_be_run_as_it_is(tmp_path):
    fixed, _ = mended(tmp_path, "gitignore", "x = 1\n", **{"my; touch owned/.DS_Store": b"x"})
    assert "git rm -r --cached -- 'my; touch owned/.DS_Store'" in fixed.told[0]


def test_modules_that_cannot_be_imported_alone_are_not_imported(tmp_path):
    function = "def f():\n    return 1\n"
    more = {"one/util.py": function, "two/util.py": function, "part/rel.py": f"from . import x\n\n{function}"}
    mended(tmp_path, "tests", function, **more)
    written = (tmp_path / "tests/test_poc.py").read_text()
    assert written.count("def test_util_can_be_imported") == 1
    assert "test_rel" not in written


ROWS = "a, b ,y\n" + "".join(f"{n},{n * 2},{'NA' if n % 9 == 0 else 'ny'[n % 2]}\n" for n in range(60))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", ROWS),
        ("t.csv", "\n\n" + ROWS),
        ("t.csv.gz", gzip.compress(ROWS.encode(), mtime=0)),
        ("t.csv", ROWS.encode("utf-16")),
        ("t.csv", ROWS.replace(",", ";")),
    ],
    ids=["blanks", "empty lines", "packed", "utf-16", "semicolons"],
)
def test_written_tests_pass_on_the_data_as_they_are(name, content, tmp_path):
    train = folders.TRAIN.replace("people.csv", name).replace("left", "y")
    folders.write(tmp_path, {name: content, "train.py": train})
    fix(tmp_path, ["tests"], wish=Wish(), agree=lambda _: True)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "tests"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout


def test_a_patch_takes_a_name_with_a_blank_and_refuses_one_that_no_patch_can_say(tmp_path):
    app = 'from flask import Flask\nFlask("a").run(debug=True)\n'
    folders.write(tmp_path / "poc", {"my app.py": app})
    patch = tmp_path / "a.patch"
    fix(tmp_path / "poc", ["debug"], wish=Wish(), agree=lambda _: True, into="patch", patch=patch)
    assert "--- a/my app.py\t\n+++ b/my app.py\t\n" in patch.read_text()
    folders.write(tmp_path / "poc", {"x\n+++ b/other.py": app})
    with pytest.raises(Refused, match="a patch cannot carry"):
        fix(
            tmp_path / "poc", ["debug"], wish=Wish(), agree=lambda _: True, into="patch", patch=tmp_path / "b"
        )


def test_a_prompt_in_a_notebook_is_no_magic(tmp_path):
    cell = 'P = """\nis it so?\n!important\n%percent\n"""\nprint(P)\n!pip list'
    mended(tmp_path, "module", "", **{"n.ipynb": folders.notebook(cell)})
    assert "\nis it so?\n!important\n%percent\n" in (tmp_path / "n.py").read_text()
    assert "# !pip list" in (tmp_path / "n.py").read_text()


def test_a_notebook_that_only_defines_is_a_module(tmp_path):
    mended(tmp_path, "module", "", **{"n.ipynb": folders.notebook("# why", "def f():\n    return 1")})
    assert ast.parse((tmp_path / "n.py").read_text()).body


def test_lines_are_counted_also_where_the_encoding_changes():
    assert counted([Change("r.txt", "a\nb\n".encode("utf-16"), b"a\nc\n")]) == (1, 1)


def test_requirements_held_by_hashes_stay(tmp_path):
    held = "numpy>=1.2 \\\n    --hash=sha256:aa\n"
    fixed, _ = mended(tmp_path, "requirements", "import pandas\n", **{"requirements.txt": held})
    assert (tmp_path / "requirements.txt").read_text() == held
    assert "held by hashes" in str(fixed.left[0])
