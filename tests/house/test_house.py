"""What CONTRIBUTING.md promises about the house, held by machine."""

import ast
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
HEAVY = ("polars", "onnxruntime", "starlette", "uvicorn", "numpy", "cryptography", "rich.console", "yaml")


def pinned(name: str) -> int:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    return len(re.findall(r"^[A-Za-z0-9_.\[\]-]+==", text, re.MULTILINE))


@pytest.mark.parametrize(("name", "most"), [("core", 25), ("tour", 50)])
def test_an_install_stays_small(name: str, most: int):
    assert pinned(name) <= most


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_fits_in_the_head(path: Path):
    text = path.read_text()
    assert len(text.splitlines()) <= MAX_FILE_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            assert node.end_lineno - node.lineno < MAX_FUNCTION_LINES, f"{path.name}: {node.name}"


def test_no_module_is_a_drawer_for_everything():
    assert not [p for p in SOURCES if re.search(r"utils?|helpers?|misc|common", p.stem)]


def test_each_file_of_tests_has_a_name_of_its_own():
    # pytest takes two of one name for one module, and collects nothing
    counted = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert not [name for name, count in counted.items() if count > 1]


def test_help_imports_nothing_heavy():
    program = (
        "import sys; from causeway.cli.main import main; main(['--help'], standalone_mode=False); "
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert out.stdout.strip().splitlines()[-1] == "[]"


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name]


def test_nothing_names_a_package_registry_or_somebodys_machine():
    hosts = ("pypi" + ".org", "pythonhosted" + ".org", "deb.debian" + ".org", "registry.npmjs" + ".org")
    places = ("/wo" + "rk/main", "/wo" + "rk/sha" + "red", "/wo" + "rk/scratch", "/ro" + "ot/.pyenv")
    for path in tracked():
        if path.is_file() and path.suffix not in {".csv", ".png"}:
            text = path.read_text(errors="replace")
            assert not [word for word in (*hosts, *places) if word in text], path
