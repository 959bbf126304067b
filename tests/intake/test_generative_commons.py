"""Chains that query by themselves, and conversations that are everybody's."""
# ruff: noqa: E501 - code that is read stands as in a file

import pytest

import folders
from causeway.assess.poc.judging import judge
from causeway.intake import read_poc

MAIN = "import streamlit as st\nfrom memory import memory\nfrom chain import ask\nmemory.say(st.text_input('?'))\n"
MEMORY = """class Memory:
    def __init__(self):
        self.messages = []
    def say(self, text):
        self.messages.append(text)
memory = Memory()
"""
CHAIN = """from langchain.chat_models import ChatOpenAI
from langchain_experimental.sql import SQLDatabaseChain
def ask(db, question):
    return SQLDatabaseChain.from_llm(ChatOpenAI(), db).run(question)
"""


def codes(tmp_path, **files):
    written = folders.write(tmp_path, {f"{name}.py": text for name, text in files.items()})
    return {finding.code for finding in judge(read_poc(written))}


def test_a_chain_that_runs_its_own_sql(tmp_path):
    assert "GENAI-SQL" in codes(tmp_path, chain=CHAIN, main=MAIN, memory=MEMORY)


def test_a_class_made_of_such_a_chain(tmp_path):
    own = CHAIN.replace("def ask", "class Own(SQLDatabaseChain):\n    pass\ndef ask").replace(
        "SQLDatabaseChain.from_llm", "Own"
    )
    assert "GENAI-SQL" in codes(tmp_path, chain=own, main=MAIN, memory=MEMORY)


@pytest.mark.parametrize(
    ("memory", "shared"),
    [
        (MEMORY, True),
        (MEMORY.replace("memory = Memory()", "def memory():\n    return Memory()"), False),
        (MEMORY.replace("messages", "rows"), False),
    ],
)
def test_one_memory_for_everybody(tmp_path, memory, shared):
    assert ("GENAI-SHARED-STORE" in codes(tmp_path, chain=CHAIN, main=MAIN, memory=memory)) == shared
