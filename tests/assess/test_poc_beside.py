"""An app whose model was trained, and that asks a language model too."""

import folders
from causeway.assess.poc.judging import judge
from causeway.assess.poc.sentence import sentence
from causeway.intake import read_poc

APP = """from flask import Flask, request
from groq import Groq
import joblib
app = Flask(__name__)
model = joblib.load("model.pkl")
client = Groq()

@app.route("/predict", methods=["POST"])
def predict():
    return str(model.predict([[int(request.form["age"])]])[0])

@app.route("/chat", methods=["POST"])
def chat():
    sent = [{"role": "user", "content": request.form["text"]}]
    answer = client.chat.completions.create(model="llama-3.1-8b-instant", messages=sent)
    return answer.choices[0].message.content
"""


def test_the_language_model_is_named_and_judged(tmp_path):
    poc = read_poc(folders.churn(tmp_path, **{"app.py": APP}))
    said = {finding.code: finding for finding in judge(poc)}
    assert sentence(poc).endswith("trained by train.py, and asks an LLM: llama-3.1-8b-instant (Groq).")
    assert {"GENAI-RETIRED", "GENAI-UNBOUNDED", "GENAI-NO-GUARD"} <= set(said)
    assert said["GENAI-NO-EVAL"].severity.value == "note"


def test_a_library_that_is_only_imported_is_not_asked(tmp_path):
    app = APP[: APP.index('@app.route("/chat"')].replace("client = Groq()\n", "")
    poc = read_poc(folders.churn(tmp_path, **{"app.py": app}))
    assert "LLM" not in sentence(poc)
    assert not [finding.code for finding in judge(poc) if finding.code.startswith("GENAI")]
