"""Secrets are found wherever they stand, never repeated, and placeholders are left alone."""

import base64
import json
import random
import string

import pytest

import folders
from causeway.assess.poc.judging import judge
from causeway.intake import read_poc
from causeway.intake.private.confidential import secrets_in


def word(length, alphabet=string.ascii_letters + string.digits):
    return "".join(random.Random(length).choices(alphabet, k=length))


HEX = "0123456789abcdef"
UPPER = string.ascii_uppercase + string.digits


def token(claims):
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({"alg": "HS256"}, claims)
    ]
    return f"{parts[0]}.{parts[1]}.{word(43)}"


@pytest.mark.parametrize(
    ("line", "sort"),
    [
        ("key = 'AK" + f"IA{word(16, UPPER)}'", "AWS access key"),
        (f"aws_secret_access_key = {word(40)}", "AWS secret key"),
        (f"client = OpenAI(api_key='sk-proj-{word(48)}')", "OpenAI API key"),
        (f"x = 'sk-ant-api03-{word(90)}'", "Anthropic API key"),
        ("login('h" + f"f_{word(34)}')", "Hugging Face token"),
        ("t = 'gh" + f"p_{word(36)}'", "GitHub token"),
        ("k = 'AI" + f"za{word(35)}'", "Google API key"),
        (f"conn = 'DefaultEndpointsProtocol=https;AccountKey={word(86)}=='", "Azure storage key"),
        ("stripe.api_key = 'sk_l" + f"ive_{word(24)}'", "Stripe live key"),
        (
            "url = 'https://hooks.sl" + f"ack.com/services/T{word(8, UPPER)}/B{word(8, UPPER)}/{word(24)}'",
            "Slack webhook",
        ),
        (f"bot = '123456789:AA{word(33)}'", "Telegram bot token"),
        (f"wandb.login(key='{word(40, HEX)}')", "Weights & Biases key"),
        (f'{{"username":"ann","key":"{word(32, HEX)}"}}', "Kaggle key"),
        (f"headers = {{'Authorization': 'Bearer {word(40)}'}}", "authorization header"),
        (f"x = '{token({'sub': 'ann'})}'", "JSON web token"),
        ("server.login('ann@mail.com', 'qwer tzui opas dfgh')", "mail password"),
        (
            "u = 'postgresql+psycopg2://bob:hunter2tiger@prod.shop.com:5432/x'",
            "password in a database address",
        ),
        (
            "c = 'Server=tcp:shop.database;Database=x;Uid=bob;Pwd=hunter2tiger;'",
            "password in a connection string",
        ),
        ("DB_PASSWORD = 'Tr0ub4dor&3x'", "literal assigned to DB_PASSWORD"),
        ("cfg['api_key'] = '9f8e7d6c5b4a39281706f5e4d3c2b1a0'", "literal assigned to api_key"),
    ],
)
def test_what_is_a_secret(line, sort):
    (found,) = secrets_in("a.py", f"# first\n{line}\n")
    assert (found.value, found.at.line) == (sort, 2)
    assert len(found.detail) < 40


@pytest.mark.parametrize(
    "line",
    [
        "api_key = os.environ['OPENAI_API_KEY']",
        "openai.api_key = st.secrets['OPENAI_API_KEY']",
        "OPENAI_API_KEY=sk-your-key-here-xxxxxxxxxxxxxxxxxxxx",
        "OPENAI_API_KEY=sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "api_key: ${API_KEY}",
        "password: changeme123",
        "SECRET_KEY = 'django-insecure-change-me-1'",
        "tokenizer = AutoTokenizer.from_pretrained('bert-base-uncased')",
        "max_tokens = 4096",
        "token_count = len(tokens2)",
        "postgresql://postgres:postgres@localhost:5432/db",
        "postgresql://user:password@prod.shop.com/db",
        "mongodb+srv://<user>:<password>@cluster0.mongodb.net",
        "redis://:@localhost:6379",
        "primary_key = 'customer_id_2'",
        "sort_key='feature_importance_1'",
        "headers = {'Authorization': f'Bearer {token}'}",
        "task-runner-" + "a" * 40,
        "risk-assessment-of-credit-applications-model",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        f"x = '{token({'role': 'anon'})}'",
    ],
)
@pytest.mark.parametrize("path", ["a.py", ".env", "c.yaml", "Dockerfile"])
def test_what_is_none(path, line):
    assert secrets_in(path, line) == []


KEY = "sk-proj-" + word(48)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("app.py", f"key = '{KEY}'"),
        ("README.md", f"use {KEY}"),
        ("notes.txt", f"my key {KEY}"),
        ("Dockerfile", f"FROM python:3.11\nENV OPENAI_API_KEY={KEY}\n"),
        (".streamlit/secrets.toml", f'key = "{KEY}"\n'),
        ("run.sh", f"export OPENAI_API_KEY={KEY}\n"),
        ("web/app.js", f"const key = '{KEY}'\n"),
        ("train.R", f"Sys.setenv(KEY = '{KEY}')\n"),
        ("k8s/secret.yaml", f"data:\n  key: {KEY}\n"),
        (".env", f"OPENAI_API_KEY={KEY}\n"),
        (".git/config", '[remote "origin"]\n\turl = https://gh' + f"p_{word(36)}@git.shop.com/a/b.git\n"),
    ],
)
def test_wherever_it_stands(tmp_path, name, text):
    poc = read_poc(folders.write(tmp_path, {name: text, "a.csv": folders.people()}))
    (found,) = poc.seen("secret")
    assert found.at.path == name


def test_in_what_a_notebook_printed(tmp_path):
    text = folders.notebook("print(os.environ)", outputs={1: folders.printed(f"{{'KEY': '{KEY}'}}")})
    (found,) = read_poc(folders.write(tmp_path, {"a.ipynb": text})).seen("secret")
    assert (found.at.cell, found.detail.endswith("in its output")) == (1, True)
    assert KEY[8:20] not in found.detail


def test_a_remote_without_a_token_is_none(tmp_path):
    text = '[remote "origin"]\n\turl = https://ann@git.shop.com/a/b.git\n\turl2 = git@git.shop.com:a/b.git\n'
    assert (
        read_poc(folders.write(tmp_path, {".git/config": text, "a.csv": folders.people()})).seen("secret")
        == ()
    )


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("app.secret_key = 'super_secret_key_for_us'", 1),
        ("app.config['SECRET_KEY'] = 'dev'", 1),
        ("app.secret_key = os.environ['KEY']", 0),
        ("app.secret_key = os.urandom(16)", 0),
    ],
)
def test_keys_of_sessions(tmp_path, line, count):
    poc = read_poc(folders.write(tmp_path, {"app.py": f"app = Flask(__name__)\n{line}\n"}))
    assert len([each for each in judge(poc) if each.code == "SECRET-WEAK"]) == count
