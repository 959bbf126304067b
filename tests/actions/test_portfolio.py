"""`causeway check --all`: a line for each folder, the gravest first; none stops another."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

import folders
from causeway.actions.check import check
from causeway.actions.portfolio import Judged, check_all, portfolio
from causeway.actions.side_by_side import side_by_side
from causeway.assess.poc.judging import Verdict
from causeway.cli.main import main
from causeway.cli.reports.portfolio import text
from causeway.core.errors import UsageError
from causeway.core.finding import Severity

PROMISED = '[product]\nname = "a"\nowner = "b"\nstage = "pilot"\n[kpi]\nname = "c"\n'


def invoke(*arguments):
    return CliRunner().invoke(main, ["check", "--all", *map(str, arguments)])


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """Folders of every sort: bare, promised, broken, two in one, and nothing at all."""
    place = tmp_path_factory.mktemp("many")
    folders.churn(place / "bare")
    folders.churn(place / "promised", **{"causeway.toml": PROMISED})
    folders.churn(place / "broken", **{"causeway.toml": "[product\n"})
    folders.churn(place / "both" / "who leaves")
    train = (
        "import pandas as pd\nfrom sklearn.svm import SVC\n"
        "df = pd.read_csv('b.csv')\nSVC().fit(df[['x']], df['y'])\n"
    )
    folders.write(place / "both" / "spam", {"t.py": train, "b.csv": "x,y\n1,0\n2,1\n"})
    folders.write(place / "papers", {"a.txt": "minutes"})
    (place / "empty").mkdir()
    (place / ".hidden").mkdir()
    (place / "link").symlink_to(place / "bare")
    return place


@pytest.fixture(scope="module")
def found(many):
    return check_all(many)


def test_every_folder_has_a_line_and_the_gravest_come_first(found):
    names = [proof.name for proof in found.proofs]
    assert set(names[:3]) == {"bare", "both/spam", "both/who leaves"}
    assert names[3:] == ["promised", "broken", "empty"]
    counts = [proof.verdict.blockers for proof in found.proofs if proof.verdict]
    assert counts == sorted(counts, reverse=True)
    assert (found.ready, found.not_ready, found.failed) == (1, 3, 2)
    assert found.left_out == ("papers",)


def test_a_line_says_what_a_check_of_that_folder_says(found, many):
    line = next(proof for proof in found.proofs if proof.name == "bare")
    alone = check(many / "bare")
    assert (line.verdict, line.sentence, line.stage) == (alone.verdict, alone.sentence, alone.stage)
    assert set(line.codes) == {finding.code for finding in alone.findings}
    assert (line.kind, line.top) == ("binary", "REQ-MISSING")


def test_what_cannot_be_judged_says_why(found):
    broken, empty = found.proofs[-2:]
    assert broken.error
    assert broken.hint
    assert "empty" in empty.error


def test_totals_count_each_proof_once_the_gravest_first(found):
    totals = {total.code: total for total in found.totals}
    assert (totals["NO-OWNER"].proofs, totals["NO-OWNER"].severity) == (3, Severity.BLOCKER)
    assert totals["NO-TESTS"].proofs == 4
    weights = [list(Severity).index(total.severity) for total in found.totals]
    assert weights == sorted(weights)


def test_one_line_each_at_eighty_columns(many):
    done = invoke(many)
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0] == "6 proofs of concept: 1 ready, 3 not ready, 2 could not be judged."
    assert sum(line.startswith("  bare ") for line in lines) == 1
    assert any(line.startswith("  broken ") and "not judged: " in line for line in lines)
    assert any(line.split() == ["3", "NO-OWNER", "nobody", "is", "named", "as", "owner"] for line in lines)
    assert done.exit_code == 3


def test_json_and_exit_codes(many, tmp_path):
    shape = json.loads(invoke(many, "--json").stdout)
    assert shape["ok"] is False
    assert len(shape["proofs"]) == 6
    folders.churn(tmp_path / "a", **{"causeway.toml": PROMISED})
    assert invoke(tmp_path).exit_code == 0
    assert invoke(tmp_path, "--fail-on", "note").exit_code == 1
    done = invoke(tmp_path, "--out", tmp_path / "all.json")
    assert json.loads((tmp_path / "all.json").read_text())["ready"] == 1
    assert done.stdout.startswith("1 proof of concept at pilot: 1 ready")


def test_what_makes_no_sense_is_refused(tmp_path):
    with pytest.raises(UsageError, match="no folder lies in this one"):
        check_all(tmp_path)
    assert invoke(tmp_path / "none").exit_code == 2
    assert invoke(tmp_path, "--sarif").exit_code == 2
    assert invoke(tmp_path, "--stage", "moon").exit_code == 2


def test_forty_lines_stay_short_whatever_the_names():
    verdict = Verdict(10, 100, 1000)
    proofs = [
        Judged(
            f"n{n} " * 20,
            "f",
            kind="k" * 30,
            stage=stage,
            verdict=verdict,
            top="T" * 18,
            sentence="A of b. " * 30,
        )
        for n, stage in enumerate(["pilot", "sandbox"] * 20)
    ]
    told = text(portfolio(Path("x"), [*proofs, Judged("y" * 90, "f", error="e\n" * 90)]))
    assert max(map(len, told.splitlines())) <= 80
    assert len([line for line in told.splitlines() if line.startswith("  n")]) == 41


def slow_or_broken(job):
    if job[0] == "slow":
        time.sleep(600)
    if job[0] == "broken":
        os._exit(9)
    if job[0] == "mistaken":
        raise KeyError(job)
    return job[0].encode()


def side(*jobs, seconds):
    answers = side_by_side(
        [(job,) for job in jobs], slow_or_broken, seconds=seconds, preload="causeway.actions.side_by_side"
    )
    return {answer.job[0]: answer.content.decode() or answer.problem for answer in answers}


def test_a_process_that_breaks_stops_no_other_and_says_nothing_itself(capfd):
    assert side("broken", "mistaken", "a", "b", "c", seconds=100) == {
        "broken": "it broke down (exit code 9)", "mistaken": "it broke down (exit code 1)",
        "a": "a", "b": "b", "c": "c",
    }  # fmt: skip
    assert capfd.readouterr().err == ""


def test_a_process_that_takes_too_long_is_stopped():
    assert side("slow", seconds=0.5) == {"slow": "not done within 0.5 seconds"}


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="looks at processes through /proc")
def test_interrupting_leaves_no_process_and_says_one_line(tmp_path):
    for number in range(80):
        folders.churn(tmp_path / f"p{number}")
    words = [sys.executable, "-m", "causeway", "check", "--all", str(tmp_path)]
    run = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    while run.poll() is None and len(group(run.pid)) < 4:
        time.sleep(0.01)
    os.killpg(run.pid, signal.SIGINT)
    out, told = run.communicate(timeout=30)
    assert (run.returncode, out, told) == (130, "", "interrupted; what was finished is kept\n")
    until = time.monotonic() + 10
    while group(run.pid) and time.monotonic() < until:
        time.sleep(0.01)
    assert not group(run.pid)


def group(leader):
    """The processes of a session that still live."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == leader and fields[0] != "Z":
            found.append(stat.parent.name)
    return found
