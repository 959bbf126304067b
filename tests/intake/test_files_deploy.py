"""What would start a folder elsewhere, held against what is there; and what nobody should have committed."""

import hashlib
import struct

import pytest

import folders
from causeway.assess.poc.judging import judge
from causeway.intake import read_poc
from causeway.intake.sights.tracked import tracked

APP = """
import os
import pandas as pd
import parts
df = pd.read_csv("data/people.csv")
print(os.environ["API_URL"])
"""
FILES = {
    "app.py": APP,
    "parts.py": "",
    "data/people.csv": folders.people(),
    "requirements.txt": "pandas==2.2.0\n",
}


def seen(tmp_path, files, what="broken_deployment"):
    return [sighting.value for sighting in read_poc(folders.write(tmp_path, FILES | files)).seen(what)]


def recipe(*lines):
    return "FROM python:3.11-slim\nWORKDIR /app\n" + "\n".join(lines) + "\n"


INSTALL = ("COPY requirements.txt ./", "RUN pip install -r requirements.txt")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("COPY . /app", "RUN pip install -r requirements.txt", 'CMD ["python", "app.py"]'), []),
        ((*INSTALL, "COPY app.py parts.py ./", "COPY data ./data", "CMD python app.py"), []),
        ((*INSTALL, "COPY *.py ./", "COPY data/ data/", "CMD gunicorn -b 0.0.0.0:80 app:app"), []),
        (("COPY gone.txt ./",), ["copies gone.txt, which is not there"]),
        (
            ("COPY . .", 'CMD ["uvicorn", "serve:app", "--port", "80"]'),
            ["starts serve.py, which is not there"],
        ),
        (
            ("COPY app.py ./", "RUN pip install -r requirements.txt"),
            ["installs from requirements.txt, which it does not have"],
        ),
        (("COPY data data", "CMD python app.py"), ["starts app.py, which it does not copy"]),
        (
            ("COPY app.py parts.py ./", "CMD python app.py"),
            ["starts app.py, which reads data/people.csv, and does not copy that"],
        ),
        (
            ("COPY app.py ./", "COPY data data", "CMD python app.py"),
            ["starts app.py, which imports parts.py, and does not copy that"],
        ),
        (
            ("COPY . .", "EXPOSE 80", "CMD uvicorn app:app --port 8000"),
            ["opens port 80, but its command listens on 8000"],
        ),
        (("COPY --from=build /x /y", "COPY ${NAME} ./"), []),
    ],
)  # fmt: skip
def test_what_a_recipe_cannot_do(tmp_path, lines, expected):
    assert seen(tmp_path, {"Dockerfile": recipe(*lines)}) == expected


def test_stages_and_joined_lines(tmp_path):
    first = "FROM python:3.11 AS build\nCOPY . .\nRUN pip install \\\n  -r requirements.txt\n"
    text = first + "FROM build\nUSER app\nCMD python app.py\n"
    assert seen(tmp_path, {"Dockerfile": text}) == []
    assert seen(tmp_path, {}, "loose_deployment") == []


def test_a_context_that_compose_names(tmp_path):
    files = {
        "docker-compose.yml": "services:\n  web:\n    build:\n      context: .\n"
        "      dockerfile: docker/web.Dockerfile\n",
        "docker/web.Dockerfile": recipe("COPY . .", "CMD python app.py"),
    }
    assert seen(tmp_path, files) == []
    gone = {"docker-compose.yml": "services:\n  web:\n    build: ./web\n"}
    assert seen(tmp_path, gone) == ["builds web from web/Dockerfile, which is not there"]


@pytest.mark.parametrize(
    ("environment", "expected"),
    [("", ["API_URL"]), ("    environment:\n      - API_URL=x\n", []), ("    env_file: .env\n", [])],
)
def test_variables_that_nothing_sets(tmp_path, environment, expected):
    files = {
        "docker-compose.yml": f"services:\n  web:\n    build: .\n{environment}",
        "Dockerfile": recipe("COPY . .", "CMD python app.py"),
    }
    assert seen(tmp_path, files, "unset_variable") == expected


def test_recipes_that_drift(tmp_path):
    kubernetes = "apiVersion: apps/v1\nkind: Deployment\nspec:\n  containers:\n  - image: shop/web:latest\n"
    files = {"Dockerfile": "FROM python\nCOPY . .\nCMD python app.py\n", "k8s/web.yaml": kubernetes}
    assert seen(tmp_path, files, "loose_deployment") == [
        "builds on python without a version",
        "runs as root",
        "takes shop/web:latest without a version",
        "sets no limit of memory and processor",
        "has no probe of health",
    ]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("Procfile", "web: gunicorn app:app\n", []),
        ("Procfile", "web: gunicorn server:app\n", ["starts server.py, which is not there"]),
        (".github/workflows/ci.yml", "jobs:\n  a:\n    steps:\n    - run: python app.py\n", []),
        (
            ".github/workflows/ci.yml",
            "steps:\n- run: pip install -r dev.txt\n",
            ["uses dev.txt, which is not there"],
        ),
        (".github/workflows/ci.yml", "steps:\n- run: cd web && python run.py\n", []),
    ],
)
def test_other_ways_to_start_it(tmp_path, name, text, expected):
    assert seen(tmp_path, {name: text}) == expected


def index_of(*paths):
    raw = b"DIRC" + struct.pack(">II", 2, len(paths))
    for path in sorted(paths):
        entry = bytes(60) + struct.pack(">H", len(path)) + path.encode()
        raw += entry + bytes(8 - len(entry) % 8)
    return raw + hashlib.sha1(raw).digest()  # noqa: S324 - what git writes


def test_rubbish_is_what_git_tracks(tmp_path):
    made = {"venv/pyvenv.cfg": "x", "__pycache__/a.pyc": b"x", ".DS_Store": b"x"}
    index = index_of("app.py", "__pycache__/a.pyc")
    folders.write(tmp_path, made | {".git/index": index})
    assert tracked(tmp_path) == {"app.py", "__pycache__/a.pyc"}
    assert seen(tmp_path, {}, "junk") == ["__pycache__"]


def test_without_an_index_what_is_ignored_is_no_rubbish(tmp_path):
    made = {
        "venv/pyvenv.cfg": "x",
        "__pycache__/a.pyc": b"x",
        ".DS_Store": b"x",
        "big.tar.gz": bytes(600_000),
    }
    assert seen(tmp_path, made, "junk") == ["venv", "__pycache__", ".DS_Store", "big.tar.gz"]
    assert seen(tmp_path, {".gitignore": "venv/\n__pycache__/\n*.gz\n.DS_Store\n"}, "junk") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("GNU AFFERO GENERAL PUBLIC LICENSE\nVersion 3\n", ["AGPL"]),
        ("Attribution-NonCommercial 4.0 International\n", ["non-commercial"]),
        ("MIT License\n\nAll rights reserved.\n", []),
        ("GNU LESSER GENERAL PUBLIC LICENSE\nVersion 3 ... GNU GENERAL PUBLIC LICENSE\n", []),
    ],
)
def test_terms_that_bind_whoever_serves_it(tmp_path, text, expected):
    assert seen(tmp_path, {"LICENSE": text}, "licence_terms") == expected


def test_they_become_findings(tmp_path):
    files = {
        "Dockerfile": "FROM python\nCOPY gone ./\nCOPY app.py ./\nCMD python app.py\n",
        "docker-compose.yml": "services:\n  web:\n    build: .\n",
        "COPYING": "GNU GENERAL PUBLIC LICENSE\n",
    }
    codes = {finding.code for finding in judge(read_poc(folders.write(tmp_path, FILES | files)))}
    assert codes >= {"DEPLOY-BROKEN", "DEPLOY-ENV", "DEPLOY-LOOSE", "LICENCE-TERMS"}
