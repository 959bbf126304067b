"""What lies where it should not: keys in images, default passwords, what users said, old uploads."""

import sqlite3

import pytest

import folders
from causeway.assess.poc.judging import judge
from causeway.intake import read_poc

RECIPE = "FROM python:3.11-slim\nWORKDIR /app\nCOPY . .\nCMD python app.py\n"
KEYS = "SERVICE_API_KEY=abcd1234efgh\n"


def found(tmp_path, files):
    return {finding.code: finding for finding in judge(read_poc(folders.write(tmp_path, files)))}


@pytest.mark.parametrize(
    ("files", "severity"),
    [
        ({".env": KEYS}, "fix"),
        ({".env": KEYS, ".dockerignore": "# keys\n.env*\n"}, ""),
        ({".env": KEYS, ".dockerignore": "*\n!app.py\n"}, ""),
        ({".env": "PORT=8000\n"}, ""),
        ({".env.example": KEYS}, ""),
        ({".env": KEYS, "Dockerfile": RECIPE.replace("COPY . .", "COPY app.py .")}, ""),
        ({".env": KEYS, "Dockerfile": RECIPE + "FROM python:3.11-slim\nCOPY --from=0 /app/app.py .\n"}, ""),
        ({"app.py": "from dotenv import load_dotenv\nload_dotenv()\n"}, "note"),
    ],
)
def test_keys_that_an_image_takes_along(tmp_path, files, severity):
    said = found(tmp_path, {"Dockerfile": RECIPE, "app.py": "print(1)\n"} | files).get("SECRET-IN-IMAGE")
    assert (said.severity if said else "") == severity


@pytest.mark.parametrize(
    ("files", "weak"),
    [
        (
            {"db.py": "import os\nU = os.getenv('U', 'postgresql://postgres:postgres@localhost:5432/x')\n"},
            True,
        ),
        ({"db.py": "U = 'postgresql://postgres:{}@localhost:5432/x'\n"}, False),
        (
            {"docker-compose.yml": "services:\n  db:\n    environment:\n      POSTGRES_PASSWORD: postgres\n"},
            True,
        ),
        (
            {"compose.yaml": "services:\n  db:\n    environment:\n      POSTGRES_PASSWORD: ${DB_PASSWORD}\n"},
            False,
        ),
        ({"tests/test_db.py": "U = 'postgresql://postgres:postgres@localhost:5432/x'\n"}, False),
    ],
)
def test_a_password_that_anybody_tries_first(tmp_path, files, weak):
    said = found(tmp_path, {"app.py": "print(1)\n"} | files).get("SECRET-WEAK")
    assert (said is not None) == weak
    assert said is None or said.severity == "note"


def test_what_users_said_lies_in_a_database(tmp_path):
    with sqlite3.connect(tmp_path / "chat.db") as database:
        database.execute("create table users (id integer, name text)")
        database.execute("create table messages (id integer, role text, content text)")
        database.execute("create table models (id integer, name text)")
        database.execute("insert into models values (1, 'forest')")
    database.close()
    assert "PERSONAL-DATA" not in found(tmp_path, {"app.py": "print(1)\n"})
    with sqlite3.connect(tmp_path / "chat.db") as database:
        database.execute("insert into users values (1, 'Ann')")
        database.execute("insert into messages values (1, 'user', 'hello')")
    database.close()
    assert "name of 1 in table users and 1 row of conversation (table messages) stand in chat.db" in (
        found(tmp_path, {})["PERSONAL-DATA"].title
    )


APP = """import os, tempfile
import streamlit as st
from urllib.request import urlretrieve
place = "net.pt"
if not os.path.exists(place):
    urlretrieve(ADDRESS, place)
given = st.file_uploader("image")
with tempfile.NamedTemporaryFile(delete=False) as kept:
    kept.write(given.read())
"""


def test_what_an_app_brings_onto_the_disk(tmp_path):
    said = found(tmp_path / "a", {"app.py": APP})
    assert said["MODEL-FETCHED"].title.startswith("The app fetches net.pt from an address when it runs")
    assert said["UPLOAD"].title.startswith("Each upload leaves a temporary file behind")
    tidy = (
        APP + "os.unlink(kept.name)\nassert hashlib.sha256(open(place, 'rb').read()).hexdigest() == KNOWN\n"
    )
    assert not {"MODEL-FETCHED", "UPLOAD"} & set(found(tmp_path / "b", {"app.py": tidy}))
