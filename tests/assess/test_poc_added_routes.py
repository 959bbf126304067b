"""Routes that are added by a call and not by a decorator."""

import pytest

import folders
from causeway.assess.poc.judging import judge
from causeway.intake import read_poc

CLASS = """import joblib
from fastapi import APIRouter, Depends, FastAPI
model = joblib.load("model.pkl")

class Service:
    def __init__(self):
        self.router = APIRouter()
        self.router.add_api_route("/answers", self.answer, methods=["POST"]{})

    async def answer(self, tenure: float):
        return model.predict([[tenure]])

app = FastAPI()
app.include_router(Service().router)
"""
FLASK = """import joblib
from flask import Flask, request
app = Flask(__name__)
model = joblib.load("model.pkl")

def answer():
    return str(model.predict([[float(request.json["tenure"])]]))

app.add_url_rule("/answers", "answers", {}, methods=["POST"])
"""


@pytest.mark.parametrize(
    ("app", "told"),
    [
        (CLASS.format(""), ["Anybody may call POST /answers: no key and no sign-in is asked for."]),
        (CLASS.format(", dependencies=[Depends(verify_key)]"), []),
        (FLASK.format("answer"), ["Anybody may call POST /answers: no key and no sign-in is asked for."]),
        (FLASK.format("login_required(answer)"), []),
    ],
)
def test_a_route_that_a_call_adds_is_a_door_as_well(tmp_path, app, told):
    poc = read_poc(folders.churn(tmp_path, **{"app.py": app}))
    assert [item.title for item in judge(poc) if item.code == "NO-AUTH"] == told
