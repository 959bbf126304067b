"""What is open to others: keys in an image's history, paths that a sender chooses."""

import pytest

import folders
from causeway.assess.poc.judging import judge
from causeway.intake import read_poc

APP = """import os, uuid
from fastapi import FastAPI, UploadFile
from werkzeug.utils import secure_filename
app = FastAPI()
@app.post('/up')
async def up(file: UploadFile):
    {0}
    with open(path, 'wb') as out:
        out.write(await file.read())
"""


def codes(tmp_path, files):
    return {finding.code for finding in judge(read_poc(folders.write(tmp_path, files)))}


@pytest.mark.parametrize(
    ("line", "open_"),
    [
        ("path = os.path.join('up', file.filename)", True),
        ("path = f'up/{file.filename}'", True),
        ("path = os.path.join('up', secure_filename(file.filename))", False),
        ("path = os.path.join('up', os.path.basename(file.filename))", False),
        ("path = f'up/{uuid.uuid4()}'", False),
        ("path = os.path.join('up', args.filename)", False),
    ],
)
def test_a_path_of_the_senders_choice(tmp_path, line, open_):
    assert ("PATH-TRAVERSAL" in codes(tmp_path, {"app.py": APP.format(line)})) == open_


@pytest.mark.parametrize(
    ("recipe", "carried"),
    [
        (
            "FROM python:3.11\nARG aws_secret_key\nENV AWS_SECRET_KEY=${aws_secret_key}\n",
            True,
        ),
        ("FROM python:3.11\nARG VERSION\nENV VERSION=$VERSION\n", False),
        ("FROM python:3.11\nRUN --mount=type=secret,id=aws_secret cat /run/secrets/aws_secret\n", False),
    ],
)
def test_keys_in_an_image(tmp_path, recipe, carried):
    files = {"Dockerfile": recipe, "app.py": "print(1)\n"}
    assert ("SECRET-IN-IMAGE" in codes(tmp_path, files)) == carried


SERVICE = """from pathlib import Path
class Memory:
    def __init__(self):
        self.path = Path("kept")
    def file_of(self, user_id: str) -> Path:
        {0}return self.path / f"{{user_id}}.json"
    def keep(self, user_id, text):
        self.file_of(user_id).write_text(text)
"""
ROUTES = """from fastapi import FastAPI
from pydantic import BaseModel
from service import Memory
app = FastAPI()
memory = Memory()
class Question(BaseModel):
    user_id: {0}
    text: str
@app.post("/ask")
def ask(question: Question):
    memory.keep(user_id=question.user_id, text=question.text)
@app.get("/kept/{{user_id}}")
def kept(user_id: str):
    return Memory().file_of(user_id)
"""


@pytest.mark.parametrize(
    ("sort", "check", "open_"),
    [
        ("str", "", True),
        ("int", "", False),
        ("str", "assert user_id.isalnum()\n        ", False),
    ],
)
def test_a_path_of_what_a_request_says_of_itself(tmp_path, sort, check, open_):
    files = {"app.py": ROUTES.format(sort), "service.py": SERVICE.format(check)}
    found = {finding.code: finding for finding in judge(read_poc(folders.write(tmp_path, files)))}
    assert ("PATH-TRAVERSAL" in found) == open_
    if open_:
        assert str(found["PATH-TRAVERSAL"].evidence[0]) == "service.py:6"


FORM = """from flask import Flask, request
app = Flask(__name__)
@app.route('/', methods=['POST'])
def ask():
"""


@pytest.mark.parametrize(
    ("lines", "open_"),
    [
        ("stock = request.form.get('stock')\n    table.to_csv(f'static/{stock}.csv')", True),
        ("stock = request.form['stock']\n    return open('static/' + stock)", True),
        (
            "stock = request.form['stock']\n    assert stock in STOCKS\n    return open(stock)",
            False,
        ),
        ("stock = request.form['stock']\n    return ask(stock)", False),
    ],
)
def test_a_path_of_a_field_of_a_form(tmp_path, lines, open_):
    app = FORM + f"    {lines}\n"
    assert ("PATH-TRAVERSAL" in codes(tmp_path, {"app.py": app})) == open_
