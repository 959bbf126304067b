"""What is said of files and numbers that strangers hand in: kept or not, looked at or not."""

import pytest

import folders
from causeway.assess.poc.judging import judge
from causeway.intake import read_poc

TOP = """from flask import Flask, redirect, render_template, request, session
import joblib
app = Flask(__name__)
model = joblib.load("model.pkl")
"""
SENT = """@app.route("/up", methods=["POST"])
def up():
{0}    sent = request.files["image"]
{1}    return render_template("done.html")
"""
SAVED = "    sent.save('static/' + sent.filename)\n"
SIGNED = '    if "user" not in session:\n        return redirect("/login")\n'


def found(folder, app):
    poc = read_poc(folders.churn(folder, **{"app.py": TOP + app}))
    return {finding.code: finding for finding in judge(poc)}


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("", SAVED, "Anybody may upload any file of any size, and it stays on disk."),
        (SIGNED, SAVED, "Whoever has signed in may upload any file of any size, and it stays on disk."),
        (
            "",
            "    if not allowed(sent.filename):\n        return 'no', 400\n" + SAVED,
            "Anybody may upload files of any size, and they stay on disk.",
        ),
        ("", "    keep(sent)\n", "Anybody may upload any file of any size, and it stays on disk."),
    ],
)
def test_an_upload_that_stays(tmp_path, before, after, said):
    helper = "def keep(sent):\n    with open('kept.jpg', 'wb') as out:\n        out.write(sent.read())\n"
    assert found(tmp_path, helper + SENT.format(before, after))["UPLOAD"].title == said


@pytest.mark.parametrize(
    "after",
    [
        "    answer = model.predict(decoded(sent.read()))\n",
        "    out = io.BytesIO()\n    Image.open(sent).save(out)\n",
        SAVED + "    os.remove('static/' + sent.filename)\n",
    ],
)
def test_an_upload_that_is_not_kept(tmp_path, after):
    assert "UPLOAD" not in found(tmp_path, SENT.format("", after))


def test_a_session_that_is_looked_into_is_a_sign_in(tmp_path):
    said = found(tmp_path, SENT.format(SIGNED, "    return model.predict(decoded(sent.read()))\n"))
    assert not {"NO-AUTH", "UPLOAD"} & set(said)


ASKED = """@app.route("/", methods=["POST"])
def index():
    try:
        age = float(request.form["age"]){0}
        return str(model.predict([[age]])[0])
    except Exception:
        return "numbers, please"
"""


def test_numbers_that_are_made_in_a_try_lack_only_a_range(tmp_path):
    said = found(tmp_path / "a", ASKED.format(""))["NO-VALIDATION"]
    assert said.title.startswith("index makes numbers of request.form and compares none with a range")
    bounded = "\n        if not 0 <= age <= 120:\n            return 'an age, please'"
    assert "NO-VALIDATION" not in found(tmp_path / "b", ASKED.format(bounded))


def test_a_choice_that_is_only_compared_needs_no_check(tmp_path):
    chosen = """@app.route("/", methods=["POST"])
def index():
    which = request.form["which"]
    used = model if which == "forest" else other
    return str(used.predict([[1]])[0])
"""
    assert "NO-VALIDATION" not in found(tmp_path / "a", chosen)
    passed = chosen.replace("[[1]]", "[[which]]")
    assert found(tmp_path / "b", passed)["NO-VALIDATION"].title.startswith("index takes request.form without")
