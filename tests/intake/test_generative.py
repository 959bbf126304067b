"""What stands out about how a generative application asks its models, and what becomes of the answers."""

import pytest

import folders
from causeway.assess.poc import judging as judges
from causeway.assess.poc.sentence import sentence
from causeway.intake import read_poc


def look(tmp_path, files):
    poc = read_poc(folders.write(tmp_path, files))
    return poc, {finding.code: finding for finding in judges.judge(poc)}


RAG = """
from flask import Flask, request
from langchain_community.document_loaders import PyPDFLoader
from langchain_community.vectorstores import FAISS
from langchain_openai import ChatOpenAI, OpenAIEmbeddings

app = Flask(__name__)

@app.post("/ask")
def ask():
    store = FAISS.from_documents(PyPDFLoader(request.files["pdf"].filename).load(), OpenAIEmbeddings())
    context = store.similarity_search(request.json["q"])
    prompt = f"Answer the question from the context only. {context} {request.json['q']}"
    return ChatOpenAI(model="gpt-3.5-turbo", max_tokens=300).invoke(prompt).content
"""


def test_the_sentence_says_what_it_does_with_what(tmp_path):
    poc, _ = look(tmp_path, {"app.py": RAG})
    assert sentence(poc) == (
        "GenAI RAG app: answers questions over uploaded PDFs with gpt-3.5-turbo (OpenAI), FAISS, "
        "embeddings OpenAIEmbeddings, LangChain, served by Flask (/ask), 1 prompt, 0 evaluation examples."
    )


def test_documents_and_instructions_in_one_message(tmp_path):
    _, found = look(tmp_path, {"app.py": RAG})
    assert "documents" in found["GENAI-INJECTION"].title
    assert found["GENAI-INJECTION"].severity == "fix"


def test_a_prompt_without_others_words_is_no_injection(tmp_path):
    code = """
from openai import OpenAI
prompt = f"Write a poem of {3} lines about the sea, and mind the rhymes please, all of them."
OpenAI().chat.completions.create(model="m", max_tokens=5, messages=[{"role": "user", "content": prompt}])
"""
    _, found = look(tmp_path, {"app.py": code})
    assert "GENAI-INJECTION" not in found


AGENT = """
import subprocess
from langchain.agents import create_agent
from langchain_openai import ChatOpenAI
from langchain.tools import tool

@tool
def shell(command: str) -> str:
    "Runs a command."
    return subprocess.run(command, shell=True, capture_output=True).stdout

agent = create_agent(ChatOpenAI(model="gpt-4o"), tools=[shell])
agent.invoke({"messages": []})
"""


def test_a_tool_that_runs_what_the_model_writes(tmp_path):
    poc, found = look(tmp_path, {"agent.py": AGENT})
    assert [(tool.name, tool.acts) for tool in poc.genai.tools] == [("shell", ("shell",))]
    assert poc.kind.value == "GenAI agent"
    assert found["GENAI-EXECUTES"].blocks_ship
    assert "shell" in found["GENAI-APPROVAL"].title


def test_who_asks_a_person_first_is_not_told_to(tmp_path):
    asked = AGENT.replace(
        "    return subprocess",
        '    if input("run it? (y/n)") != "y":\n        return ""\n    return subprocess',
    )
    _, found = look(tmp_path, {"agent.py": asked})
    assert "GENAI-APPROVAL" not in found


def test_pages_from_the_web_and_tools_that_act_are_a_blocker(tmp_path):
    code = AGENT.replace(
        'agent.invoke({"messages": []})',
        'import requests\npage = requests.get("https://x.test").text\nagent.invoke({"messages": [page]})',
    )
    _, found = look(tmp_path, {"agent.py": code})
    assert found["GENAI-INJECTION"].severity == "blocker"


def test_tools_that_only_read_need_no_approval(tmp_path):
    code = AGENT.replace(
        "return subprocess.run(command, shell=True, capture_output=True).stdout", "return command.upper()"
    )
    poc, found = look(tmp_path, {"agent.py": code})
    assert poc.genai.tools[0].acts == ()
    assert not {"GENAI-EXECUTES", "GENAI-APPROVAL"} & set(found)


ANSWERED = """
import json, pickle, sqlite3
import streamlit as st
from openai import OpenAI
client = OpenAI(timeout=30)
question = st.text_input("?")
messages = [{{"role": "user", "content": question}}]
answer = client.chat.completions.create(model="m", max_tokens=99, messages=messages)
text = answer.choices[0].message.content.strip()
{use}
"""


@pytest.mark.parametrize(
    ("use", "code"),
    [
        ("exec(text)", "GENAI-EXECUTES"),
        ("pickle.loads(text)", "GENAI-EXECUTES"),
        ("sqlite3.connect('x.db').cursor().execute(text)", "GENAI-SQL"),
        ("st.markdown(f'<b>{text}</b>', unsafe_allow_html=True)", "GENAI-HTML"),
        ("st.write(json.loads(text)['total'])", "GENAI-PARSE"),
        ("st.write(json.loads(text)['total'])", "GENAI-TEMPERATURE"),
    ],
)
def test_what_becomes_of_an_answer(tmp_path, use, code):
    _, found = look(tmp_path, {"app.py": ANSWERED.format(use=use)})
    assert code in found


@pytest.mark.parametrize(
    "use",
    [
        "st.write(text)",
        "exec('1 + 1')",
        "st.markdown('<b>', unsafe_allow_html=True)",
        "print(json.loads('{}'))",
    ],
)
def test_harmless_uses_are_left_alone(tmp_path, use):
    _, found = look(tmp_path, {"app.py": ANSWERED.format(use=use)})
    assert not {"GENAI-EXECUTES", "GENAI-SQL", "GENAI-HTML", "GENAI-PARSE"} & set(found)


def test_an_answer_through_functions_and_files(tmp_path):
    files = {
        "ask.py": (
            "from openai import OpenAI\ndef ask(q):\n"
            "    return OpenAI().responses.create(model='m', input=q).output_text"
        ),
        "run.py": "from ask import ask\ndef work(q):\n    code = ask(q)\n    exec(code)",
    }
    _, found = look(tmp_path, files)
    assert str(found["GENAI-EXECUTES"].evidence[0]) == "run.py:4"


LOOP = """
from openai import OpenAI
client = OpenAI()
def work(messages, tools):
    turn = 0
    while {test}:
        answer = client.chat.completions.create(model="m", messages=messages, tools=tools).choices[0].message
        if not answer.tool_calls:
            return answer.content
        messages.append(answer)
{count}
"""


@pytest.mark.parametrize(
    ("test", "count", "endless"),
    [
        ("True", "", True),
        ("True", "        turn += 1\n        if turn > 9:\n            break", False),
        ("turn < 9", "        turn += 1", False),
        ("True", "        messages.append(input())", False),
    ],
)
def test_loops_that_only_the_model_ends(tmp_path, test, count, endless):
    _, found = look(tmp_path, {"agent.py": LOOP.format(test=test, count=count)})
    assert ("GENAI-LOOP" in found) is endless


@pytest.mark.parametrize(
    ("call", "code", "expected"),
    [
        ("ChatOllama(model='m:1')", "GENAI-TIMEOUT", "fix"),
        ("ChatOpenAI(model='m')", "GENAI-TIMEOUT", "note"),
        ("ChatOpenAI(model='m', timeout=20)", "GENAI-TIMEOUT", None),
        ("ChatOpenAI(model='m')", "GENAI-UNBOUNDED", "fix"),
        ("ChatOpenAI(model='m', max_tokens=100)", "GENAI-UNBOUNDED", None),
        ("ChatOpenAI(model='gpt-4o')", "GENAI-RETIRED", "fix"),
        ("ChatOpenAI(model='gpt-4o')", "GENAI-UNPINNED", "note"),
        ("ChatOpenAI(model='gpt-5.5-2026-04-23')", "GENAI-UNPINNED", None),
        ("ChatOpenAI(model='gpt-5.5-2026-04-23')", "GENAI-RETIRED", None),
        ("ChatOllama(model='mistral')", "GENAI-UNPINNED", "note"),
        ("ChatOllama(model='mistral:7b')", "GENAI-UNPINNED", None),
        ("AzureChatOpenAI(model='gpt-4o')", "GENAI-RETIRED", None),
        ("AutoModelForCausalLM.from_pretrained('org/m')", "GENAI-UNPINNED", "note"),
        ("AutoModelForCausalLM.from_pretrained('org/m', revision='a1b2')", "GENAI-UNPINNED", None),
        ("AutoModelForCausalLM.from_pretrained('org/m', trust_remote_code=True)", "GENAI-REMOTE-CODE", "fix"),
        ("FAISS.load_local('i', e, allow_dangerous_deserialization=True)", "GENAI-UNSAFE-LOAD", "fix"),
    ],
)
def test_how_models_are_asked(tmp_path, call, code, expected):
    head = (
        "from langchain_openai import ChatOpenAI, AzureChatOpenAI\nfrom langchain_ollama import ChatOllama\n"
        "from transformers import AutoModelForCausalLM\nfrom langchain_community.vectorstores import FAISS\n"
    )
    _, found = look(tmp_path, {"app.py": f"{head}e = None\nllm = {call}\n"})
    assert (found[code].severity if code in found else None) == expected


def test_an_answer_of_any_length_and_a_request_that_waits_for_ever(tmp_path):
    code = (
        "import requests\nbody = {'model': 'm', 'messages': [], 'max_tokens': -1}\n"
        "requests.post('http://localhost:1234/v1/chat/completions', json=body)\n"
    )
    _, found = look(tmp_path, {"app.py": code})
    assert "max_tokens=-1" in found["GENAI-UNBOUNDED"].title
    assert {"GENAI-TIMEOUT", "GENAI-RETRY", "GENAI-FALLBACK"} <= set(found)


def test_a_caught_and_counted_request_is_left_alone(tmp_path):
    code = """
from openai import OpenAI
client = OpenAI(timeout=20)
def ask(q):
    try:
        messages = [{"role": "user", "content": q}]
        answer = client.chat.completions.create(model="m", max_tokens=9, messages=messages)
    except Exception as error:
        return str(error)
    print(answer.usage)
    return answer.choices[0].message.content
"""
    _, found = look(tmp_path, {"app.py": code})
    assert {code for code in found if code.startswith("GENAI")} == {"GENAI-NO-EVAL"}


SHARED = """
from fastapi import FastAPI
from openai import OpenAI
app = FastAPI()
history = []

@app.post("/chat")
def chat(q: str):
    history.append({"role": "user", "content": q})
    return OpenAI().chat.completions.create(model="m", messages=history)
"""


def test_one_history_for_all_users(tmp_path):
    _, found = look(tmp_path, {"app.py": SHARED})
    assert "history" in found["GENAI-SHARED-STORE"].title
    assert {"GENAI-HISTORY", "NO-AUTH", "GENAI-NO-GUARD"} <= set(found)


def test_a_history_of_ones_own_is_not_shared_and_a_trimmed_one_does_not_grow(tmp_path):
    own = SHARED.replace("    history.append", "    history = []\n    history.append").replace(
        "messages=history", "messages=history[-9:]"
    )
    _, found = look(tmp_path, {"app.py": own})
    assert not {"GENAI-SHARED-STORE", "GENAI-HISTORY"} & set(found)


def test_an_evaluation_set_is_counted(tmp_path):
    rows = "\n".join(f'{{"question": "q{n}", "answer": "a"}}' for n in range(12))
    poc, found = look(tmp_path, {"app.py": RAG, "evals/golden.jsonl": rows})
    assert [(item.path, item.examples) for item in poc.genai.evaluations] == [("evals/golden.jsonl", 12)]
    assert "GENAI-NO-EVAL" not in found
    assert "12 evaluation examples" in sentence(poc)


def test_people_in_prompts_and_documents(tmp_path):
    files = {
        "app.py": RAG
        + 'system_prompt = "You answer for Jane; forward complaints to jane.roe@bigfirm.org please."\n',
        "docs/staff.txt": "\n".join(f"person{n}@bigfirm.org" for n in range(5)),
    }
    poc, found = look(tmp_path, files)
    assert {str(at) for at in found["GENAI-PERSONAL"].evidence} == {"app.py:15", "docs/staff.txt"}
    assert "bigfirm" not in found["GENAI-PERSONAL"].title
    assert "bigfirm" not in str(poc.seen("personal_prompt") + poc.seen("personal_corpus"))


def test_retired_services_are_told(tmp_path):
    code = "from openai import OpenAI\nOpenAI().beta.assistants.create(model='m', instructions='x')"
    _, found = look(tmp_path, {"app.py": code})
    assert "Assistants API (2026-08-26)" in found["GENAI-RETIRED"].title


def test_an_expression_without_end_is_survived(tmp_path):
    deep = (
        "from openai import OpenAI\nx = "
        + "+".join(["a"] * 3000)
        + "\nOpenAI().responses.create(model='m', input=x)"
    )
    poc, _ = look(tmp_path, {"app.py": deep})
    assert poc.reach.files == 1


UNFILLED = """
from openai import OpenAI
client = OpenAI()

def answer(text):
    return client.responses.create(model="m", input=text).output_text

def ask(question, store):
    found = store.similarity_search(question)
    return answer({prompt})
"""


@pytest.mark.parametrize(
    ("prompt", "codes"),
    [
        ('"Question: {question} {found}"', {"GENAI-UNFILLED", "GENAI-DROPPED"}),
        ('f"Question: {question} {found}"', set()),
        ('"Question: {question} {found}".format(question=question, found=found)', set()),
        ('f"Question: {question}"', {"GENAI-DROPPED"}),
    ],
)
def test_prompts_without_what_was_meant_to_be_in_them(tmp_path, prompt, codes):
    _, found = look(tmp_path, {"app.py": UNFILLED.replace("{prompt}", prompt)})
    assert {"GENAI-UNFILLED", "GENAI-DROPPED"} & set(found) == codes


def test_a_file_of_a_fixed_name_is_shared_where_strangers_come(tmp_path):
    task = "import streamlit\nfrom crewai import Crew, Task\nCrew(tasks=[Task(output_file='report.md')])"
    _, found = look(tmp_path / "served", {"app.py": task})
    assert "report.md" in found["GENAI-SHARED-STORE"].title
    _, alone = look(tmp_path / "alone", {"app.py": task.replace("import streamlit\n", "")})
    assert "GENAI-SHARED-STORE" not in alone


def test_a_key_in_a_prompt_file_is_a_secret(tmp_path):
    key = "sk-proj-" + "a1B2c3D4e5F6g7H8" * 2
    prompt = f"You are the assistant of the shop and you log in with {key} wherever it is asked for."
    _, found = look(tmp_path, {"app.py": RAG, "prompts/system.txt": prompt})
    assert str(found["SECRET"].evidence[0]).startswith("prompts/system.txt")
