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
