"""Which conversations are sent whole, and what counts as a guard of one's own."""

import pytest

import folders
from causeway.assess.poc.judging import judge
from causeway.intake import read_poc

TOP = """import streamlit as st
from openai import OpenAI
client = OpenAI()
asked = st.chat_input("ask")
"""
ONLY_SHOWN = """st.session_state.messages.append({"role": "user", "content": asked})
for m in st.session_state.messages:
    st.chat_message(m["role"]).write(m["content"])
sent = [{"role": "system", "content": "You help."}, {"role": "user", "content": asked}]
answer = client.chat.completions.create(model="gpt-4o", messages=sent)
st.session_state.messages.append({"role": "assistant", "content": answer})
"""
SENT = ONLY_SHOWN.replace("sent = [", "sent = st.session_state['messages'] + [")
COPIED = ONLY_SHOWN.replace(
    "answer =", "for m in st.session_state.messages:\n    sent.append({'content': m['content']})\nanswer ="
)
PASSED = ONLY_SHOWN.replace("messages=sent", "messages=[{'role': 'user', 'content': asked}]") + (
    "def ask(talk):\n    return client.chat.completions.create(model='gpt-4o', messages=talk)\n"
    "ask(st.session_state.messages)\n"
)


def found(folder, code):
    poc = read_poc(folders.write(folder, {"app.py": code}))
    return {finding.code: finding for finding in judge(poc)}


@pytest.mark.parametrize(
    ("code", "grows"), [(ONLY_SHOWN, False), (SENT, True), (COPIED, True), (PASSED, True)]
)
def test_a_history_that_is_only_shown_is_not_sent(tmp_path, code, grows):
    assert ("GENAI-HISTORY" in found(tmp_path, TOP + code)) == grows


def test_a_chat_object_sends_all_that_was_said(tmp_path):
    code = """import streamlit as st
import google.generativeai as genai
model = genai.GenerativeModel("gemini-2.5-flash")
if "chat" not in st.session_state:
    st.session_state.chat = model.start_chat(history=[])
st.write(st.session_state.chat.send_message(st.chat_input("ask")).text)
"""
    assert "(st.session_state.chat only grows)" in found(tmp_path, code)["GENAI-HISTORY"].title


@pytest.mark.parametrize(
    ("line", "guarded"),
    [
        ("asked = sanitize_user_input(asked)\n", True),
        ("if is_prompt_injection(asked):\n    st.stop()\n", True),
        ("name = sanitize_filename(asked)\n", False),
    ],
)
def test_a_guard_of_ones_own_counts(tmp_path, line, guarded):
    assert ("GENAI-NO-GUARD" not in found(tmp_path, TOP + line + SENT)) == guarded


def test_a_model_that_has_ended_is_not_said_to_move_too(tmp_path):
    said = found(tmp_path, TOP + SENT.replace('"gpt-4o"', '"gpt-3.5-turbo-16k"'))
    assert "gpt-3.5-turbo-16k" in said["GENAI-RETIRED"].title
    assert "GENAI-UNPINNED" not in said


def test_instructions_apart_at_the_top_of_a_script(tmp_path):
    code = TOP + (
        "given = st.file_uploader('file').read().decode()\n"
        "told = f'Answer this question about the file that was given: {given} and the question is {asked}'\n"
        "sent = [{'role': 'system', 'content': 'You help.'}, {'role': 'user', 'content': told}]\n"
        "st.write(client.chat.completions.create(model='gpt-4o', messages=sent))\n"
    )
    assert "Instructions" not in found(tmp_path / "a", code)["GENAI-INJECTION"].title
    alone = code.replace("{'role': 'system', 'content': 'You help.'}, ", "")
    assert found(tmp_path / "b", alone)["GENAI-INJECTION"].title.startswith("Instructions, ")
