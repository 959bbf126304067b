"""Files that are opened by hand, and what is fitted on all rows by other ways than `X = fit_transform(X)`."""

import pytest

import folders
from causeway.assess.poc.judging import judge
from causeway.intake import read_poc

APP = """import json, os
from pathlib import Path
from flask import Flask, request
from tensorflow.keras.models import model_from_json
app = Flask(__name__)
HERE = Path(__file__).resolve().parent
@app.route('/p', methods=['POST'])
def p():
{0}
"""


def found(tmp_path, files):
    return {finding.code: finding for finding in judge(read_poc(folders.write(tmp_path, files)))}


@pytest.mark.parametrize(
    ("lines", "missing"),
    [
        ("    model = model_from_json(open('net.json').read())", "net.json"),
        ("    model = model_from_json('{}')\n    model.load_weights('net.h5')", "net.h5"),
        ("    kept = json.load(open(HERE / 'maps' / 'codes.json'))", "maps/codes.json"),
        ("    kept = json.load(open(os.path.join(HERE, 'codes.json'), 'rb'))", "codes.json"),
        ("    open('codes.json', 'w').write('1')\n    kept = open('codes.json').read()", ""),
        ("    try:\n        kept = open('codes.json').read()\n    except OSError:\n        kept = ''", ""),
        ("    kept = open('codes.json').read() if os.path.exists('codes.json') else ''", ""),
        ("    kept = open(request.form['name']).read()", ""),
    ],
)
def test_a_file_that_is_opened_and_not_there(tmp_path, lines, missing):
    said = found(tmp_path, {"app.py": APP.format(lines)}).get("FILE-MISSING")
    assert (f"It needs {missing}," in said.title) if missing and said else (not missing and said is None)


def test_what_a_module_of_the_app_opens_is_missed_too(tmp_path):
    files = {
        "main.py": "from fastapi import FastAPI\nfrom models.tone import tone\napp = FastAPI()\n",
        "tone.py": "import joblib, os\nHERE = os.path.dirname(__file__)\n"
        "m = joblib.load(os.path.join(HERE, 'tone.pkl'))\ndef tone(x):\n    return m.predict([x])\n",
    }
    assert found(tmp_path, files)["FILE-MISSING"].title == "It needs tone.pkl, which is not in the folder."
