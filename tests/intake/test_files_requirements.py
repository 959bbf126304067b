"""Declared dependencies in every usual form, and what of them cannot work."""

import json

import pytest

import folders
from causeway.assess.poc.judging import judge
from causeway.intake import read_poc


def declared(tmp_path, files):
    poc = read_poc(folders.write(tmp_path, {"a.py": "import pandas\n"} | files))
    return {item.name: (item.spec, item.pinned) for item in poc.requirements}


def problems(tmp_path, files):
    poc = read_poc(folders.write(tmp_path, {"a.py": "import pandas\n"} | files))
    return [file.problem for file in poc.requirement_files if file.problem]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pandas==2.2.0 ; python_version > '3'\n", {"pandas": ("==2.2.0", True)}),
        ("pandas==2.2.0 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n", {"pandas": ("==2.2.0", True)}),
        ("pandas==2.*\n", {"pandas": ("==2.*", False)}),
        (
            "git+https://example.org/a/b.git@0123456789ab#egg=bee\n",
            {"bee": ("@ git+https://example.org/a/b.git@0123456789ab#egg=bee", True)},
        ),
        (
            "-e git+https://example.org/a/bee.git@main\n",
            {"bee": ("@ git+https://example.org/a/bee.git@main", False)},
        ),
        (
            "https://example.org/w/en_core_web_sm-3.7.1-py3-none-any.whl\n",
            {"en-core-web-sm": ("@ https://example.org/w/en_core_web_sm-3.7.1-py3-none-any.whl", True)},
        ),
        ("--index-url https://example.org\n# pandas\n-e .\n", {}),
    ],
)
def test_lines_of_pip(tmp_path, text, expected):
    assert declared(tmp_path, {"requirements.txt": text}) == expected


def test_files_that_name_others(tmp_path):
    files = {
        "requirements.txt": "-r deps/base.txt\n-c deps/limits.txt\nflask\n",
        "deps/base.txt": "pandas==2.2.0\n",
        "deps/limits.txt": "flask==3.0.0\n",
    }
    assert declared(tmp_path, files) == {"pandas": ("==2.2.0", True), "flask": ("==3.0.0", True)}
    assert problems(tmp_path, {"requirements.txt": "-r gone.txt\n"}) == [
        "it names gone.txt, which is not there"
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("numpy=1.21.0=py39h_0\npandas=1.3\n", "conda's form"),
        ("pandas @ file:///C:/ci/pandas\n", "on the machine that wrote it"),
        ("numpy==1.0\nnumpy==2.0\n", "pins numpy twice"),
        ("pywin32==306\n", "Windows only"),
        ("pywin32==306; sys_platform == 'win32'\n", ""),
        ("?? what\n", "no dependency could be read"),
    ],
)
def test_lines_that_work_nowhere_else(tmp_path, text, words):
    found = problems(tmp_path, {"requirements.txt": text})
    assert (words in found[0]) if words else found == []


@pytest.mark.parametrize(
    ("name", "lock"),
    [
        ("poetry.lock", '[[package]]\nname = "Pandas"\nversion = "2.2.0"\n'),
        ("uv.lock", 'version = 1\n[[package]]\nname = "pandas"\nversion = "2.2.0"\n'),
        ("Pipfile.lock", json.dumps({"default": {"pandas": {"version": "==2.2.0"}}})),
    ],
)
def test_what_a_lock_pins_is_pinned(tmp_path, name, lock):
    files = {"pyproject.toml": '[tool.poetry.dependencies]\npython = "^3.11"\npandas = "^2"\n', name: lock}
    assert declared(tmp_path, files) == {"pandas": ("==2.2.0", True)}


OPTIONAL = '[project]\nname="a"\ndependencies=["pandas"]\n[project.optional-dependencies]\ndev=["pytest"]\n'
GROUPS = '[dependency-groups]\ndev=["ruff"]\n[tool.uv]\ndev-dependencies=["mypy"]\n'
CONFIG = "[options]\npython_requires = >=3.9\ninstall_requires =\n    pandas\n    flask>=2\n"
SETUP = "from setuptools import setup\nneeds = ['pandas']\nsetup(install_requires=needs)\n"
CONDA = "dependencies:\n- conda-forge::numpy=1.2\n- pip:\n  - flask\n"
DOCKER = "FROM python:3.10\nRUN pip install --no-cache-dir flask==2.0 'pandas>=1' && rm -r x\n"


@pytest.mark.parametrize(
    ("name", "text", "names"),
    [
        ("pyproject.toml", OPTIONAL, {"pandas", "pytest"}),
        ("pyproject.toml", GROUPS, {"ruff", "mypy"}),
        ("pyproject.toml", '[tool.poetry.group.dev.dependencies]\npytest="^8"\n', {"pytest"}),
        ("setup.cfg", CONFIG, {"pandas", "flask"}),
        ("setup.py", SETUP, {"pandas"}),
        ("environment-dev.yml", CONDA, {"numpy", "flask"}),
        ("Dockerfile", DOCKER, {"flask", "pandas"}),
    ],
)
def test_other_declarations(tmp_path, name, text, names):
    assert set(declared(tmp_path, {name: text})) == names


@pytest.mark.parametrize(
    ("name", "text", "version"),
    [
        ("runtime.txt", "python-3.9.7\n", "3.9.7"),
        (".python-version", "3.11\n", "3.11"),
        (".tool-versions", "nodejs 18.0.0\npython 3.10.4\n", "3.10.4"),
        ("Dockerfile", "FROM --platform=linux/amd64 python:3.10-slim\n", "3.10"),
    ],
)
def test_the_python_that_is_asked_for(tmp_path, name, text, version):
    assert read_poc(folders.write(tmp_path, {name: text})).python.value == version


def test_an_environment_of_another_system(tmp_path):
    text = "dependencies:\n- python=3.8\n- vs2015_runtime=14.2\n- numpy=1.2\n"
    assert "Windows" in problems(tmp_path, {"environment.yml": text})[0]


def test_modules_are_no_distributions(tmp_path):
    files = {
        "requirements.txt": "sklearn\ncv2\npickle\npandas==2.0\ndataclasses\n",
        "a.py": "import pandas\n",
    }
    found = [each for each in judge(read_poc(folders.write(tmp_path, files))) if each.code == "REQ-WRONG"]
    assert [(place.path, place.line) for place in found[0].evidence] == [
        ("requirements.txt", n) for n in (1, 2, 3)
    ]
    assert "scikit-learn" in found[0].title


def test_what_a_notebook_installs(tmp_path):
    text = folders.notebook(
        "!pip install -q xgboost==1.7 shap\nimport xgboost", "%pip install -r requirements.txt"
    )
    poc = read_poc(folders.write(tmp_path, {"a.ipynb": text}))
    assert [(s.value, s.detail, s.at.cell) for s in poc.seen("notebook_install")] == [
        ("xgboost", "==1.7", 1),
        ("shap", "", 1),
    ]


def test_a_line_that_is_none(tmp_path):
    found = problems(tmp_path, {"requirements.txt": "/* wanted */\npandas==2.0\npip install flask\n"})
    assert found == ["pip cannot read its line 3 (pip install flask)"]


def test_what_a_lock_or_the_notebook_brings_is_not_missing(tmp_path):
    files = {
        "Pipfile": '[packages]\ndvc = "*"\n',
        "Pipfile.lock": json.dumps({"default": {"pyyaml": {"version": "==6.0"}}}),
        "a.py": "import yaml, paho.mqtt, machine\n",
        "b.ipynb": folders.notebook("!pip install shap\nimport shap"),
    }
    poc = read_poc(folders.write(tmp_path, files))
    assert [item.detail for item in poc.undeclared] == ["paho-mqtt"]


@pytest.mark.parametrize(("version", "stale"), [("1.1.2", False), ("1.0.0", True)])
def test_a_model_is_held_against_what_a_lock_pins(tmp_path, version, stale):
    model = "flavors:\n  sklearn:\n    sklearn_version: 1.1.2\n"
    lock = json.dumps({"default": {"scikit-learn": {"version": f"=={version}"}}})
    files = {"m/MLmodel": model, "Pipfile": '[packages]\nsklearn = "*"\n', "Pipfile.lock": lock}
    codes = {each.code for each in judge(read_poc(folders.write(tmp_path, files)))}
    assert ("MODEL-STALE" in codes) is stale
