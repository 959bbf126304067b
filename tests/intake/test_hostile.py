"""Whatever its author meant to do to a reader: nothing is run, written, sent, or left unanswered."""

import gzip
import io
import json
import pickle
import random
import sqlite3
import subprocess
import sys
import zipfile

import numpy as np
import pytest

import folders
from causeway.intake import read_poc

# tells everything that a process does beyond reading; what lies in the folder may only be opened for reading
WATCHED = """
import os, sys
folder, told = sys.argv[1], []
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

def hook(event, args):
    if event == "open":
        path, mode, flags = args
        writes = (isinstance(mode, str) and set(mode) & set("wax+")) or (flags or 0) & WRITING
        if writes and str(path) != "/dev/null":
            told.append(f"writes {path}")
    elif event == "exec" and str(getattr(args[0], "co_filename", "")).startswith(folder):
        told.append(f"runs {args[0].co_filename}")
    elif event == "import" and args[1] and str(args[1]).startswith(folder):
        told.append(f"imports {args[1]}")
    elif event.split(".")[0] in {"socket", "subprocess", "ctypes", "shutil", "urllib", "ftplib", "smtplib"}:
        told.append(event)
    elif event in {
        "pickle.find_class", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.remove", "os.rename",
        "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.chmod", "os.chown", "os.truncate", "os.utime",
        "os.putenv",
    }:
        told.append(f"{event} {args[0] if args else ''}")

sys.dont_write_bytecode = True
from causeway.cli.main import main
# what our own modules need to start is not what reading a folder does
def check(*words):
    try:
        main(["check", *words])
    except SystemExit as ended:
        assert ended.code in (0, 1), ended.code

for form in ("--json", "--md", "--sarif", "--full"):
    check(sys.argv[2], form)
sys.addaudithook(hook)
for form in ("--json", "--md", "--sarif", "--full"):
    check(folder, form)
watching, told = told, []
print(chr(10).join(dict.fromkeys(watching)), file=sys.stderr)
"""


def every_form(folder):
    """A proof of concept with a file of every form that is read."""
    rows = [{"plan": "a", "age": 31, "left": "yes"}, {"plan": "b", "age": 44, "left": "no"}] * 20
    folders.churn(
        folder,
        **{
            "book.ipynb": folders.notebook("import pandas as pd", "print(1)"),
            "rows.jsonl": "\n".join(json.dumps(row) for row in rows),
            "rows.json": json.dumps(rows),
            "wide.csv": ("plan;age;left\n" + "a;31;yes\n" * 30).encode("utf-16"),
            "table.csv.gz": gzip.compress(b"plan,age\n" + b"a,31\n" * 30),
            "model.pkl": pickle.dumps({"weights": list(range(50)), "names": ["plan", "age"]}),
            "requirements.txt": "pandas==2.2.0\n-r more.txt\n",
            "more.txt": "-r requirements.txt\nnumpy\n",
            "pyproject.toml": '[project]\nname = "x"\ndependencies = ["pandas>=2"]\n',
            "environment.yml": "dependencies:\n  - python=3.10\n  - pip:\n    - pandas\n",
            "Dockerfile": "FROM python:latest\nCOPY . .\nEXPOSE 8000\nCMD python app.py\n",
            "prompts/system.md": "You are a helpful assistant. {question}",
            "agents.yaml": "agent:\n  role: planner\n  tools: [shell]\n",
            "app.py": "from flask import Flask\nimport pickle\napp = Flask(__name__)\n"
            "m = pickle.load(open('model.pkl', 'rb'))\n",
            "script.R": "library(tidymodels)\nd <- read.csv('people.csv')\n",
            "page.html": "<form><input name='age'></form>",
        },
    )
    array = io.BytesIO()
    np.save(array, np.arange(20))
    (folder / "array.npy").write_bytes(array.getvalue())
    with zipfile.ZipFile(folder / "net.pt", "w") as archive:
        archive.writestr("net/data.pkl", pickle.dumps({"layer": [1.0]}))
    with sqlite3.connect(folder / "base.db") as base:
        base.execute("create table people (plan text, age integer)")
        base.executemany("insert into people values (?, ?)", [("a", n) for n in range(50)])
    base.close()
    return folder


def test_a_whole_check_only_reads(tmp_path):
    poc, witness = every_form(tmp_path / "poc"), tmp_path / "witness"
    folders.write(
        poc,
        {
            "bomb.pkl": folders.bomb(witness),
            "usercustomize.py": f"open({str(witness)!r}, 'w')\n",
            "causeway.py": f"open({str(witness)!r}, 'w')\n",
            ".git/config": "[core]\n\tfsmonitor = touch witness\n",
        },
    )
    innocent = folders.churn(tmp_path / "innocent")

    told = subprocess.run(
        [sys.executable, "-P", "-X", "utf8", "-c", WATCHED, str(poc), str(innocent)],
        capture_output=True,
        text=True,
        check=False,
        cwd=poc,
    )

    assert told.returncode == 0, told.stderr
    assert told.stderr.strip() == ""
    assert not witness.exists()


@pytest.mark.parametrize("seed", range(4))
def test_damaged_files_of_every_form_end_in_an_answer(tmp_path, seed):
    draw = random.Random(seed)
    poc = every_form(tmp_path / "poc")
    for path in sorted(poc.rglob("*")):
        if not path.is_file() or path.name == "train.py":
            continue
        content = path.read_bytes()
        for copy in range(3):
            path.with_name(f"{copy}-{path.name}").write_bytes(damaged(content, draw))
    poc = read_poc(poc)
    assert poc.reach.files > 60
    assert poc.reach.seconds < 20


def damaged(content, draw):
    """Cut short, with bytes changed, doubled in the middle, or with something foreign inside."""
    cut = draw.randrange(len(content) + 1)
    match draw.randrange(5):
        case 0:
            return content[:cut]
        case 1:
            return bytes(draw.randrange(256) if draw.random() < 0.02 else byte for byte in content)
        case 2:
            return content[:cut] + content
        case 3:
            return (
                content[:cut]
                + draw.choice([b"\0", b"\xff\xfe", b"[" * 5000, b'{"a":' * 3000, b'"'])
                + content[cut:]
            )
        case _:
            return content[cut:]


def test_a_list_of_requirements_that_names_itself_ends(tmp_path):
    found = read_poc(folders.churn(tmp_path, **{"requirements.txt": "-r requirements.txt\npandas\n"}))
    assert [each.name for each in found.requirements] == ["pandas"]


def test_deep_code_is_told_not_followed_to_the_end(tmp_path):
    folders.churn(
        tmp_path,
        **{
            "deep.py": "x = " + "(" * 150 + "1" + ")" * 150 + "\n",
            "deeper.py": "x = " + "-" * 30_000 + "1\n",
            "long.py": "x = 1" + " + 1" * 30_000 + "\n",
            "wide.py": "\n".join(f"a{n} = a{n - 1 if n else 0}" for n in range(20_000)),
            "call.py": "f" + "()" * 2_000 + "\n",
            "nest.py": "\n".join(" " * n + "if x:" for n in range(90)) + "\n" + " " * 90 + "y = 1\n",
        },
    )
    assert read_poc(tmp_path).target.value == "left"
