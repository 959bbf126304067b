"""Graphs with a memory that ask in one thread for everybody."""

import pytest

import folders
from causeway.assess.poc.judging import judge
from causeway.intake import read_poc

GRAPH = """from langgraph.graph import StateGraph
from langgraph.checkpoint.memory import MemorySaver
from langchain_openai import ChatOpenAI
llm = ChatOpenAI(model="gpt-5-mini")
def build():
    return StateGraph(dict).compile(checkpointer=MemorySaver())
graph = build()
def run(question, thread_id="default"):
    return graph.invoke({"q": llm.invoke(question)}, config={"configurable": {"thread_id": thread_id}})
"""
APP = """from fastapi import FastAPI
from graph import run
app = FastAPI()
@app.post("/ask")
def ask(question: str, session: str):
    return run(question)
"""


def titles(folder, graph=GRAPH, app=APP):
    poc = read_poc(folders.write(folder, {"graph.py": graph, "app.py": app}))
    return " ".join(finding.title for finding in judge(poc))


def test_one_thread_for_all(tmp_path):
    assert 'All users share one conversation (thread_id "default")' in titles(tmp_path)


@pytest.mark.parametrize(
    ("graph", "app"),
    [
        (GRAPH, APP.replace("run(question)", "run(question, session)")),
        (GRAPH, APP.replace("run(question)", "run(question, thread_id=session)")),
        (GRAPH.replace("checkpointer=MemorySaver()", ""), APP),
        (GRAPH.replace("\ngraph = build()", "").replace("graph.invoke", "build().invoke"), APP),
        (GRAPH, APP.replace("from fastapi import FastAPI", "").replace("app = FastAPI()", "app = None")),
    ],
)
def test_threads_that_are_not_shared(tmp_path, graph, app):
    assert "All users share" not in titles(tmp_path, graph, app)
