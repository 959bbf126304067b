"""What is said of messages in which instructions, documents and the user's words meet."""

import pytest

import folders
from causeway.assess.poc.judging import judge
from causeway.intake import read_poc


def look(tmp_path, files):
    return {finding.code: finding for finding in judge(read_poc(folders.write(tmp_path, files)))}


APART = """import streamlit as st
from openai import OpenAI
client = OpenAI()
question = st.text_input("q")
class Documents:
    def find(self, text):
        return self.collection.query(query_texts=[text])["documents"]
def answer(question):
    context = Documents().find(question)
    message = f"From the knowledge base:{0}{{context}}{0}Current question: {{question}} Please answer it."
    return client.chat.completions.create(model="gpt-x", max_tokens=9, messages=[
        {{"role": "system", "content": "You answer questions."}}, {{"role": "user", "content": message}}])
st.write(answer(question))
"""
MEMORY = """from fastapi import FastAPI
from openai import OpenAI
app = FastAPI()
client = OpenAI()
def build(user_input, profile, history):
    return f"{SYSTEM} {profile} {history} User: {user_input}"
@app.post("/chat")
def chat(text: str):
    prompt = build(text, profile_of(1), history_of(1))
    return client.chat.completions.create(model="gpt-x", max_tokens=9, messages=[
        %s{"role": "user", "content": prompt}])
"""
GRAPH = """from langgraph.graph import StateGraph, END
from langchain_groq import ChatGroq
from tavily import TavilyClient
import json
import streamlit as st
tavily_client = TavilyClient()
llm = ChatGroq(model="m", max_tokens=9)
CHECK = "You are a fact checker. Say which of these sources can be believed: {sources}"
def search(state):
    found = tavily_client.search(query=state["query"])
    return {**state, "sources": [item["content"] for item in found["results"]]}
def check(state):
    answer = llm.invoke(CHECK.format(sources=state["sources"]))
    return {**state, "facts": answer.content, "fact_count": 3}
def build():
    graph = StateGraph(dict)
    graph.add_node("search", search)
    graph.add_node("check", check)
    return graph.compile()
def show(query):
    try:
        final = build().invoke({"query": query})
    except Exception:
        st.error("It failed.")
        st.stop()
    for value in (str(len(final["facts"])), str(final["fact_count"]), "ok" if final["facts"] else "none"):
        st.markdown(f"<b>{value}</b>", unsafe_allow_html=True)
show(st.text_input("q"))
"""


@pytest.mark.parametrize(("mark", "told"), [("\\n", True), ("\\n---\\n", False), ("</context>", False)])
def test_where_a_system_message_stands_apart_the_unmarked_documents_are_told(tmp_path, mark, told):
    found = look(tmp_path, {"app.py": APART.format(mark)})
    assert ("GENAI-INJECTION" in found) == told
    if told:
        assert found["GENAI-INJECTION"].title == (
            "Documents and the user's words share one message and are not marked off: "
            "a document can give orders."
        )


def test_instructions_memory_and_words_in_one_message(tmp_path):
    said = look(tmp_path / "a", {"app.py": MEMORY % ""})["GENAI-INJECTION"].title
    assert said == (
        "Instructions, the user's words and what is remembered of the user share one message: "
        "a user can give orders."
    )
    apart = MEMORY % '{"role": "system", "content": SYSTEM}, '
    assert "GENAI-INJECTION" not in look(tmp_path / "b", {"app.py": apart})


def test_what_a_node_of_a_graph_finds_on_the_web_reaches_the_next(tmp_path):
    found = look(tmp_path, {"app.py": GRAPH})
    assert found["GENAI-INJECTION"].title == (
        "Instructions and web pages share one message: a web page can give orders."
    )
    assert found["GENAI-INJECTION"].evidence[0].line == 13


def test_whoever_invokes_a_graph_catches_what_fails_in_its_nodes(tmp_path):
    assert "GENAI-FALLBACK" not in look(tmp_path, {"app.py": GRAPH})


def test_counts_and_constants_are_no_answers(tmp_path):
    assert "GENAI-HTML" not in look(tmp_path / "a", {"app.py": GRAPH})
    whole = GRAPH.replace('str(final["fact_count"])', 'final["facts"]')
    assert "GENAI-HTML" in look(tmp_path / "b", {"app.py": whole})
