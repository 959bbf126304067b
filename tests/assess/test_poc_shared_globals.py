"""Globals that one user's request sets and another's answer is made of."""

import pytest

import folders
from causeway.assess.poc.judging import judge
from causeway.intake import read_poc

APP = """from flask import Flask, request
import pandas as pd
app = Flask(__name__)
table = None

@app.route("/up", methods=["POST"])
def up():
    global table
    sent = request.files["file"]
    table = pd.read_csv(sent)
    return "ok"

@app.route("/mean")
def mean():
    return str(table.mean())
"""


def said(folder, app):
    poc = read_poc(folders.write(folder, {"app.py": app}))
    return [finding.title for finding in judge(poc) if finding.code == "GLOBAL-STATE"]


def test_one_table_for_all(tmp_path):
    (told,) = said(tmp_path, APP)
    assert told.startswith("table is one for all users: POST /up sets it from what one of them sent, and GET")


@pytest.mark.parametrize(
    "app",
    [
        APP.replace("    global table\n", ""),
        APP.replace("pd.read_csv(sent)", "pd.read_csv('kept.csv')"),
        APP.replace("return str(table.mean())", "table = 1\n    return str(table)"),
        APP.replace("return str(table.mean())", "return 'nothing'"),
    ],
)
def test_what_is_not_shared_or_not_a_users(tmp_path, app):
    assert said(tmp_path, app) == []
