"""Environments from what a training declares and imports; wheels are made on the spot, no network."""

import io
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from causeway.adapters import registry
from causeway.adapters.pythons import pip
from causeway.adapters.pythons.environments import READY
from causeway.adapters.pythons.interpreters import _allows
from causeway.adapters.pythons.pip import Clash, Unfit, nearest
from causeway.adapters.pythons.requirements import Wanted, needed, read_lines, requirement_lines
from causeway.core.environment import Problem
from causeway.core.errors import OutsideError


def wheel(place: Path, name: str, version: str, *requires: str) -> None:
    stem = f"{name}-{version}"
    needs = "".join(f"Requires-Dist: {line}\n" for line in requires)
    files = {
        f"{name}/__init__.py": f"version = {version!r}\n",
        f"{stem}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}",
        f"{stem}.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in files) + f"{stem}.dist-info/RECORD,,\n"
    with zipfile.ZipFile(place / f"{stem}-py3-none-any.whl", "w") as archive:
        for path, text in {**files, f"{stem}.dist-info/RECORD": record}.items():
            archive.writestr(path, text)


def source(place: Path, name: str, version: str) -> None:
    with tarfile.open(place / f"{name}-{version}.tar.gz", "w:gz") as archive:
        for path, text in {
            "setup.py": f"from setuptools import setup\nsetup(name={name!r}, version={version!r})\n",
            "PKG-INFO": f"Metadata-Version: 1.0\nName: {name}\nVersion: {version}\n",
        }.items():
            told = tarfile.TarInfo(f"{name}-{version}/{path}")
            told.size = len(text)
            archive.addfile(told, io.BytesIO(text.encode()))


@pytest.fixture
def shelf(tmp_path, monkeypatch) -> Path:
    place = tmp_path / "shelf"
    place.mkdir()
    wheel(place, "alpha", "1.4.0", "gamma>=2")
    wheel(place, "alpha", "1.2.7", "gamma>=2")
    wheel(place, "gamma", "1.0")
    wheel(place, "gamma", "2.0")
    wheel(place, "gamma", "2.1")
    wheel(place, "delta", "1.0", "gamma<2.1")
    wheel(place, "server", "1.0")
    source(place, "beta", "3.0")
    wheel(place, "beta", "2.5")
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(place))
    return place


def build(tmp_path: Path, declared, imports, said=None, **asked):
    return registry.build_environment(
        tmp_path,
        declared=declared,
        imports=imports,
        python=asked.get("python"),
        into=tmp_path / "environments",
        say=(said if said is not None else []).append,
    )


def test_only_what_training_imports_is_installed_with_its_pins(shelf, tmp_path):
    declared = ["alpha==1.2.7", "server==1.0", "gamma==2.0"]
    said: list[str] = []
    made = build(tmp_path, declared, ["alpha"], said)
    # gamma comes along with alpha, in the version that the declaration pins
    assert made.pins == {"alpha": "1.2.7", "gamma": "2.0"}
    assert made.problems == ()
    assert Path(made.python).exists()
    assert build(tmp_path, declared, ["alpha"], said) == made
    assert said[-1] == f"environment {made.key[:12]} is there already"

    (Path(made.folder) / READY).unlink()
    (Path(made.folder) / "bin" / "python").unlink()
    again = build(tmp_path, declared, ["alpha"], said)
    assert again == made
    assert Path(again.python).exists(), "what a killed build left behind is made anew"


def test_what_cannot_be_had_is_named_with_the_nearest_that_can(shelf, tmp_path):
    declared = ["alpha==1.2.3", "beta==3.0", "delta==1.0", "gamma==2.1", "nowhere==1.0"]
    made = build(tmp_path, declared, ["alpha", "beta", "delta", "gamma", "nowhere", "mystery"])
    assert made.pins == {"alpha": "1.2.7", "beta": "2.5", "delta": "1.0", "gamma": "2.0"}
    told = {problem.requirement: problem for problem in made.problems}
    assert told["alpha==1.2.3"].why == "there is no such version"
    assert told["alpha==1.2.3"].proposal == "alpha==1.2.7"
    assert told["beta==3.0"].why.startswith("only its source can be had")
    assert told["beta==3.0"].proposal == "beta==2.5"
    assert "delta 1.0 needs gamma<2.1" in told["gamma==2.1"].why
    assert told["gamma==2.1"].proposal == "gamma==2.0"
    assert told["nowhere==1.0"] == Problem("nowhere==1.0", "no package of this name can be found", "")
    assert "nothing declares it" in told["mystery"].why


def test_an_interpreter_that_is_not_there_is_told_with_those_that_are(tmp_path):
    with pytest.raises(OutsideError, match=r"there is no Python 3\.77") as told:
        build(tmp_path, [], [], python="3.77")
    assert "3.11" in told.value.hint or sys.version_info[:2] != (3, 11)
    with pytest.raises(OutsideError, match="no Python /nowhere/python"):
        build(tmp_path, [], [], python="/nowhere/python")
    assert not (tmp_path / "environments").exists()


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "environments").write_text("a file where a folder should be")
    with pytest.raises(OutsideError, match="the environment cannot be written"):
        build(tmp_path, [], [])


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("numpy==2.3.1\r\npandas>=2 # frames\r\n", "utf-16"),
        ("numpy==2.3.1\npandas>=2\n", "utf-8-sig"),
        (
            "# top\nnumpy==2.3.1 --hash=sha256:ab \\\n --hash=sha256:cd\npandas>=2 ; python_version > '3'\n",
            "utf-8",
        ),
    ],
)
def test_requirement_files_are_read_as_people_leave_them(tmp_path, text, encoding):
    (tmp_path / "requirements.txt").write_bytes(text.encode(encoding))
    (tmp_path / "all.txt").write_text("-r requirements.txt\n")
    lines, problems = read_lines(tmp_path, requirement_lines(tmp_path / "all.txt", tmp_path))
    assert [(one.name, one.spec) for one in lines] == [("numpy", "==2.3.1"), ("pandas", ">=2")]
    assert problems == []


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("Scikit_Learn (>=0.18)", "scikit-learn>=0.18"),
        ("pandas^2.1", "pandas>=2.1,<3"),
        ("numpy = 1.26.4", "numpy==1.26.4"),
        ("xgboost ~= 2.0", "xgboost~=2.0"),
        ("uvicorn[standard]>=0.2", "uvicorn[standard]>=0.2"),
    ],
)
def test_a_requirement_is_read_whatever_tool_wrote_it(tmp_path, line, read):
    assert [one.line for one in read_lines(tmp_path, [line])[0]] == [read]


@pytest.mark.parametrize(
    "line", ["git+ssh://host/x#egg=x", "./local", "x @ file:///tmp/x.whl", "-i http://host/simple"]
)
def test_addresses_and_options_are_not_followed(tmp_path, line):
    lines, (problem,) = read_lines(tmp_path, [line])
    assert lines == []
    assert "not followed" in problem.why


def test_imports_are_followed_through_local_modules(tmp_path):
    (tmp_path / "lib").mkdir()
    (tmp_path / "train.py").write_text(
        "import json, pandas as pd\nfrom lib import prepare\nfrom models import Net\n"
    )
    (tmp_path / "lib" / "prepare.py").write_text("import sklearn.svm\nfrom . import deep\n")
    (tmp_path / "lib" / "deep.py").write_text("import cv2\ncv2.read_excel('x')\n")
    (tmp_path / "models.py").write_text("import xgboost\n")
    (tmp_path / "app.py").write_text("import flask\n")
    found = registry.training_imports(tmp_path, "train.py")
    assert found == ("cv2", "openpyxl", "pandas", "sklearn", "xgboost")


def test_imports_meet_their_distributions():
    declared = [
        Wanted("opencv-python-headless", "==4.1"),
        Wanted("scikit-learn", ">=1"),
        Wanted("flask", "==3.0"),
    ]
    install, held, problems = needed(declared, ["cv2", "sklearn", "pandas", "unheard_of"])
    assert [one.line for one in install] == ["opencv-python-headless==4.1", "scikit-learn>=1", "pandas"]
    assert [one.line for one in held] == ["flask==3.0"]
    assert [problem.requirement for problem in problems] == ["unheard_of"]


def test_keras_gets_what_computes_for_it():
    assert [one.name for one in needed([], ["keras"])[0]] == ["keras", "tensorflow"]
    declared = [Wanted("keras", "==3.3"), Wanted("tensorflow-cpu", "==2.16")]
    assert [one.line for one in needed(declared, ["keras"])[0]] == ["keras==3.3", "tensorflow-cpu==2.16"]
    assert [one.name for one in needed([], ["keras", "torch"])[0]] == ["keras", "torch"]


@pytest.mark.parametrize(
    ("wanted", "versions", "nearby"),
    [
        ("==1.2.3", ["1.0", "1.2.1", "1.2.7", "1.4"], "1.2.1"),
        ("==1.3", ["1.0", "1.2", "1.4", "2.0"], "1.4"),
        (">=9", ["1.0", "2.0", "3.0rc1"], "2.0"),
        ("==1.0", [], ""),
    ],
)
def test_the_nearest_version_is_of_the_same_line_then_the_next(wanted, versions, nearby):
    assert nearest(wanted, versions) == nearby


def test_what_pip_says_is_understood():
    unfit = pip.understood(
        "ERROR: Ignored the following versions that require a different python version: "
        "0.9 Requires-Python <3.9; 1.0 Requires-Python <3.10\n"
        "ERROR: Could not find a version that satisfies the requirement x==1.0 (from versions: 1.1, 1.2)\n"
    )
    assert unfit == Unfit("x==1.0", "", ("1.1", "1.2"), {"0.9": "<3.9", "1.0": "<3.10"})
    clash = pip.understood(
        "The conflict is caused by:\n    The user requested a==1\n    The user requested (constraint) c==3\n"
        "    b 2.0 depends on c>=4\n"
    )
    assert clash == Clash(("a==1",), ("c==3",), (("b 2.0", "c>=4"),))
    with pytest.raises(OutsideError, match="the disk is full"):
        pip.understood("ERROR: Could not install packages: [Errno 28] No space left on device")
    with pytest.raises(OutsideError, match="cannot reach"):
        pip.understood(
            "WARNING: Retrying after NewConnectionError\n"
            "ERROR: Could not find a version that satisfies the requirement x (from versions: none)"
        )


@pytest.mark.parametrize(
    ("stated", "allowed"),
    [("3.11", True), ("3.10", False), (">=3.8", True), (">=3.8,<3.11", False), ("^3.9", True), ("3", True)],
)
def test_a_stated_python_is_taken_or_not(stated, allowed):
    assert _allows(stated, "3.11.7") is allowed
