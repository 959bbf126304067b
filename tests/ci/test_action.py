"""The GitHub Action and the pre-commit hook do what docs/ci.md says, as a runner would do it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import folders

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
PAGE = (ROOT / "docs" / "ci.md").read_text()


@pytest.fixture
def runner(tmp_path):
    """A runner's folders, with Causeway installed as the first step leaves it."""
    binaries = tmp_path / "temp" / "causeway" / "bin"
    binaries.mkdir(parents=True)
    (binaries / "python").symlink_to(sys.executable)
    (binaries / "causeway").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m causeway "$@"\n')
    (binaries / "causeway").chmod(0o755)
    folders.churn(tmp_path / "repo" / "a poc")
    return tmp_path


def check_step(runner, **inputs):
    """The step as a runner does it: inputs into its environment, its text through bash."""
    step = next(step for step in ACTION["runs"]["steps"] if step.get("id") == "check")
    given = {name: rule["default"] for name, rule in ACTION["inputs"].items()} | inputs
    env = {
        name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda match: given[match[1]], value)
        for name, value in step["env"].items()
    }
    env |= {
        "RUNNER_TEMP": str(runner / "temp"),
        "GITHUB_OUTPUT": str(runner / "output"),
        "GITHUB_STEP_SUMMARY": str(runner / "summary"),
    }
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=runner / "repo",
        env=os.environ | env,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_action_reports_and_fails_where_something_blocks(runner):
    done = check_step(runner, folder="a poc")
    assert done.returncode == 1, done.stderr
    assert "Not ready for a pilot" in done.stdout
    assert "::error file=" in done.stdout
    outputs = dict(line.split("=", 1) for line in (runner / "output").read_text().splitlines())
    assert outputs["ready"] == "false"
    assert re.fullmatch(r"Not ready for a pilot: 1 blocker, \d+ fix(es)?, \d+ notes\.", outputs["verdict"])
    assert json.loads(Path(outputs["sarif"]).read_text())["version"] == "2.1.0"
    assert (runner / "summary").read_text().startswith("## Not ready for a pilot")
    assert [path.name for path in (runner / "repo").iterdir()] == ["a poc"]
    names = sorted(path.name for path in Path(outputs["sarif"]).parent.iterdir())
    assert names == ["check.json", "check.md", "check.sarif", "check.svg"]


def test_the_action_need_not_fail_nor_annotate(runner):
    inputs = {"folder": "a poc", "annotations": "false", "fail-on": "never", "report": "made here"}
    done = check_step(runner, **inputs)
    assert done.returncode == 0, done.stderr
    assert "::" not in done.stdout
    assert (runner / "repo" / "made here" / "check.svg").is_file()


def test_the_action_says_when_nothing_blocks(runner):
    promise = '[product]\nname = "a"\nowner = "b"\n[kpi]\nname = "c"\n'
    folders.write(runner / "repo" / "a poc", {"causeway.toml": promise})
    assert check_step(runner, folder="a poc").returncode == 0
    assert "ready=true\n" in (runner / "output").read_text()


def test_a_folder_that_is_not_there_fails_the_action_at_once(runner):
    done = check_step(runner, folder="$(touch gone)")
    assert done.returncode == 2
    assert "no such folder" in done.stderr
    assert not (runner / "repo" / "gone").exists()


def test_no_input_reaches_the_shells_text():
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step["run"]


def test_the_page_names_every_input_and_output():
    for name in (*ACTION["inputs"], *ACTION["outputs"]):
        assert f"`{name}`" in PAGE
    workflow = yaml.safe_load(re.search(r"```yaml\n(name: .+?)```", PAGE, re.DOTALL)[1])
    with_inputs = workflow["jobs"]["check"]["steps"][1]["with"]
    assert set(with_inputs) <= set(ACTION["inputs"])


def test_the_hook_is_a_command_that_exists():
    (hook,) = HOOKS
    assert hook["entry"] == "causeway check"
    assert hook["pass_filenames"] is False
    assert f"id: {hook['id']}" in PAGE
