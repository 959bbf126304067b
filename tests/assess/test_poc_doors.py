"""Which routes are said to be open to anybody, and which input is said to go unchecked."""

import pytest

import folders
from causeway.assess.poc.judging import judge
from causeway.intake import read_poc

FLASK = """from flask import Flask, request
from flask_login import login_required
import joblib
app = Flask(__name__)
m = joblib.load("model.pkl")
"""
FASTAPI = """from fastapi import FastAPI, Depends
import joblib
app = FastAPI()
m = joblib.load("model.pkl")
"""
ASK = "@app.post('/predict')\ndef predict(age: int):\n    return float(m.predict([[age]])[0])\n"
HISTORY = "@app.get('/history')\ndef history(db=Depends(get_db)):\n    return get_messages(db)\n"


def found(folder, **files):
    poc = read_poc(folders.churn(folder, **files))
    return {finding.code: finding for finding in judge(poc)}


def test_what_deletes_or_gives_back_what_is_kept_is_named_first(tmp_path):
    wipe = "@app.delete('/history/{user}')\ndef wipe(user: str):\n    store.remove(user)\n"
    said = found(tmp_path, **{"app.py": FASTAPI + ASK + HISTORY + wipe})["NO-AUTH"]
    assert said.title == (
        "Anybody may call DELETE /history/{user} (deletes), GET /history (gives back what is kept) and "
        "POST /predict: no key and no sign-in is asked for."
    )
    assert [at.line for at in said.evidence] == [12, 9, 6]


@pytest.mark.parametrize(
    "closed",
    [
        ASK.replace("age: int", "age: int, user=Depends(get_current_user)"),
        ASK.replace("    return", "    if key != KEY:\n        raise HTTPException(401)\n    return"),
        ASK.replace("    return", "    check(age)\n    return")
        + "def check(age):\n    raise HTTPException(status_code=403)\n",
        ASK
        + "@app.middleware('http')\nasync def check(request, call):\n    return Response(status_code=401)\n",
        ASK.replace("@app.post('/predict'", "@app.post('/predict', dependencies=[Depends(verify)]"),
    ],
)
def test_a_route_that_looks_who_calls_is_not_open(tmp_path, closed):
    assert "NO-AUTH" not in found(tmp_path, **{"app.py": FASTAPI + closed})


SQL = """FORBIDDEN_WORDS = ("drop", "delete")
def safe(age):
    if age in FORBIDDEN_WORDS:
        return False, "Forbidden SQL was found."
    return True, ""
"""


def test_what_forbids_words_turns_nobody_away(tmp_path):
    said = found(
        tmp_path, **{"app.py": FASTAPI + SQL + ASK.replace("    return", "    safe(age)\n    return")}
    )
    assert said["NO-AUTH"].title.startswith("Anybody may call POST /predict")


def test_the_one_route_that_was_forgotten_is_named_beside_a_guarded_one(tmp_path):
    page = "@app.route('/form')\n@login_required\ndef form():\n    return 'form'\n"
    ask = (
        "@app.route('/ask', methods=['POST'])\ndef ask():\n    return str(m.predict([[request.form['a']]]))\n"
    )
    said = found(tmp_path / "a", **{"app.py": FLASK + page + ask})["NO-AUTH"]
    assert said.title == "POST /ask asks for no key and no sign-in; GET /form does."
    closed = ask.replace("def ask", "@login_required\ndef ask")
    assert "NO-AUTH" not in found(tmp_path / "b", **{"app.py": FLASK + page + closed})


def test_routes_of_an_imported_blueprint_are_part_of_the_app(tmp_path):
    app = """from flask import Flask
from flask_cors import CORS
from routes import api
app = Flask(__name__)
CORS(app)
app.register_blueprint(api)
"""
    routes = """from flask import Blueprint, request
import joblib
api = Blueprint("api", __name__, url_prefix="/v1")
m = joblib.load("model.pkl")
@api.route("/ask", methods=["POST"])
def ask():
    try:
        return str(m.predict([request.get_json()]))
    except Exception as error:
        return str(error), 500
"""
    said = found(tmp_path, **{"app.py": app, "routes.py": routes, "go.py": "import app\napp.app.run()\n"})
    assert "POST /v1/ask" in said["NO-AUTH"].title
    assert said["NO-VALIDATION"].title.startswith("ask takes request.get_json without checking it")
    assert said["CORS"].evidence[0].path == "app.py"


@pytest.mark.parametrize(
    ("line", "open_"),
    [
        ("approved = True", True),
        ("state['is_safe'] = True", True),
        ("return {'valid': True}", True),
        ("approved = False", False),
        ("finished = True", False),
    ],
)
def test_a_check_that_fails_counts_as_passed(tmp_path, line, open_):
    code = (
        f"def judge(text):\n    try:\n        approved = ask(text)\n    except ValueError:\n        {line}\n"
    )
    assert ("FAIL-OPEN" in found(tmp_path, **{"critic.py": code})) == open_


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("table.to_csv('kept.csv', mode='a')", True),
        ("st.download_button('csv', table.to_csv(index=False))", False),
        ("st.session_state.history.insert(0, answer)", False),
        ("database.execute('SELECT * FROM answers')", False),
        ("database.execute('INSERT INTO answers VALUES (?)', [answer])", True),
    ],
)
def test_what_a_session_or_a_download_holds_is_no_record(tmp_path, line, kept):
    app = "import streamlit as st\nimport joblib\nm = joblib.load('model.pkl')\nanswer = m.predict([[1]])\n"
    assert ("NO-PREDICTION-LOG" not in found(tmp_path, **{"app.py": app + line})) == kept


KEEPS = """from store import keep
@app.post('/signup')
def signup(name: str):
    keep(name)
"""


@pytest.mark.parametrize(
    ("line", "kept"),
    [("pass", False), ("keep(age)", True), ("tasks.add_task(keep, age)", True), ("logger.info(age)", True)],
)
def test_what_another_route_writes_is_no_record_of_predictions(tmp_path, line, kept):
    store = "def keep(given):\n    with open('kept.txt', 'a') as out:\n        out.write(str(given))\n"
    app = FASTAPI + KEEPS + ASK.replace("    return", f"    {line}\n    return")
    told = found(tmp_path, **{"app.py": app, "store.py": store})
    assert ("NO-PREDICTION-LOG" not in told) == kept


OPENS = """import joblib
from sqlalchemy import create_engine
def load_all(path):
    return joblib.load(path)
def init_db():
    Base.metadata.create_all(bind=create_engine(ADDRESS))
"""


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("m = load_all('model.pkl')", "The model is loaded at import."),
        ("init_db()", "The database is opened at import (init_db): whoever imports the app,"),
        ("def start():\n    init_db()", ""),
        ("if __name__ == '__main__':\n    init_db()", ""),
    ],
)
def test_what_a_function_elsewhere_does_at_import(tmp_path, lines, said):
    app = f"from fastapi import FastAPI\nfrom opens import init_db, load_all\napp = FastAPI()\n{lines}\n"
    told = found(tmp_path, **{"app.py": app, "opens.py": OPENS}).get("IMPORT-WORK")
    assert bool(told) == bool(said)
    assert told is None or told.title.startswith(said)


@pytest.mark.parametrize(
    ("taken", "unchecked"),
    [
        ("data: dict", "data: dict"),
        ("data: Dict[str, Any]", "data: Dict[str, Any]"),
        ("data: Person", ""),
        ("data: dict[str, float]", ""),
    ],
)
def test_a_body_of_anything_is_not_checked(tmp_path, taken, unchecked):
    route = f"@app.post('/ask')\ndef ask({taken}):\n    return float(m.predict([list(data.values())])[0])\n"
    said = found(tmp_path, **{"app.py": FASTAPI + route}).get("NO-VALIDATION")
    assert (said.title.split(" without")[0].removeprefix("ask takes ") if said else "") == unchecked


@pytest.mark.parametrize(
    ("line", "every"),
    [
        ("CORS(app)", True),
        ("CORS(app, origins=['https://a.example'])", False),
        ("CORS(app, resources=R)", False),
    ],
)
def test_every_origin_by_default(tmp_path, line, every):
    app = f"from flask import Flask\nfrom flask_cors import CORS\napp = Flask(__name__)\n{line}\n"
    assert ("CORS" in found(tmp_path, **{"app.py": app})) == every


REPORT = """@app.route("/report/<pred_id>")
def report(pred_id):
{0}    found = predictions_collection.find_one({{"pred_id": pred_id}})
    return render_template("report.html", found=found)
"""


@pytest.mark.parametrize(
    ("route", "open_"),
    [
        (REPORT.format(""), True),
        (REPORT.format("    if 'user' not in session:\n        return redirect('/login')\n"), False),
        (REPORT.format("").replace("predictions_collection", "cities"), False),
        (REPORT.format("").replace('"pred_id": pred_id', '"newest": 1'), False),
    ],
)
def test_a_record_that_anybody_may_pick_by_its_number(tmp_path, route, open_):
    said = found(
        tmp_path, **{"app.py": FLASK.replace("from flask_login import login_required\n", "") + route}
    )
    told = (
        "GET /report/<pred_id> (gives back what is kept)" in said["NO-AUTH"].title
        if "NO-AUTH" in said
        else False
    )
    assert told == open_


FORGOT = """@app.route("/forgot", methods=["POST"])
def forgot():
    user = users.find_one({{"email": request.form.get("email")}})
    token = str(uuid.uuid4())
    tokens[token] = user["id"]
    {0}
    return redirect(url_for("reset_password", token={1}))
"""


@pytest.mark.parametrize(
    ("line", "given", "open_"),
    [("", "token", True), ("mail.send(message_about(token))", "token", False), ("", "'sent'", False)],
)
def test_a_link_for_a_new_password_that_whoever_asks_is_given(tmp_path, line, given, open_):
    said = found(tmp_path, **{"app.py": FLASK + FORGOT.format(line, given)})
    assert ("RESET-OPEN" in said) == open_
