"""What evidence needs of the outside: one number of a query, the review of a commit, a report on packages."""

import json
import os
import shutil
import subprocess

import pytest
from msgspec import structs

import shipyard
from causeway.actions.prove.scan import scanned
from causeway.adapters import registry
from causeway.core.errors import OutsideError, UsageError

ORDERS = "value;returned\n10.5;yes\n;no\n20;yes\n"
needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


def figure(tmp_path, query, **hidden):
    (tmp_path / "orders.csv").write_text(ORDERS)
    sources = {"orders": tmp_path / "orders.csv"}
    return registry.proving().figure_of(query, sources, delimiters={"orders": ";"}, hidden=hidden)


def test_a_query_answers_with_one_number_and_an_empty_cell_is_no_value(tmp_path):
    assert figure(tmp_path, "select avg(value) from orders") == 15.25
    assert figure(tmp_path, "select avg(returned = 'yes') from orders") == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    "query",
    [
        "select value, returned from orders",
        "select value from orders",
        "select 'a text'",
        "select avg(value) from nowhere",
        "attach database '/tmp/other.db' as other",
        "pragma user_version",
        "delete from orders",
        "select load_extension('x')",
        "",
    ],
)
def test_whatever_else_a_query_wants_is_refused(tmp_path, query):
    with pytest.raises(UsageError, match="the query of the baseline"):
        figure(tmp_path, query)


def test_a_hidden_column_is_not_there(tmp_path):
    assert figure(tmp_path, "select count(returned) from orders", orders=["value"]) == 3
    with pytest.raises(UsageError, match="no such column: value"):
        figure(tmp_path, "select avg(value) from orders", orders=["value"])


def git(folder, *words):
    person = ("-c", "user.name=dana", "-c", "user.email=dana@example.org")
    subprocess.run(["git", *person, *words], cwd=folder, check=True, env=os.environ)


def repository(folder, message):
    folder.mkdir()
    (folder / "train.py").write_text("print()\n")
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", message)
    return folder


def review(folder, *files):
    return registry.proving().review_of(folder, ("train.py", *files))


@needs_git
def test_a_commit_tells_who_wrote_it_and_who_else_read_it(tmp_path):
    said = "More\n\nReviewed-by: Kim <kim@example.org>\nReviewed-by: Dana Again <DANA@example.org>\n"
    found = review(repository(tmp_path / "poc", said))
    assert (found.author, found.approvers, found.clean) == ("dana", ("Kim",), True)


@needs_git
def test_a_file_that_differs_or_was_never_committed_is_named(tmp_path):
    folder = repository(tmp_path / "poc", "More")
    assert review(folder, "data.csv").first_change == "data.csv"
    (folder / "train.py").write_text("print(1)\n")
    assert (review(folder).clean, review(folder).first_change) == (False, "train.py")


@needs_git
def test_a_repository_can_have_no_program_started(tmp_path):
    folder = repository(tmp_path / "poc", "More")
    for key in ("filter.x.clean", "core.fsmonitor", "gpg.program", "core.pager"):
        git(folder, "config", key, f"touch {tmp_path / 'ran'}; cat")
    git(folder, "config", "log.showSignature", "true")
    (folder / ".git" / "info" / "attributes").write_text("* filter=x\n")

    assert review(folder).clean
    assert not (tmp_path / "ran").exists()


def test_outside_of_git_there_is_no_review(tmp_path):
    assert review(tmp_path) is None


def scan(tmp_path, report):
    folder = shipyard.poc(tmp_path / "poc")
    (folder / "environment.txt").write_text("Scikit_Learn==1.0\npandas==2.0\n")
    (folder / "report.json").write_text(json.dumps(report))
    release = structs.replace(shipyard.RELEASE, inputs={"environment": "sha256:e"})
    return scanned(shipyard.workspace(folder), release, folder, folder / "report.json")


def test_a_package_that_was_skipped_or_has_another_version_was_not_looked_up(tmp_path):
    packages = [
        {"name": "scikit-learn", "version": "1.0", "vulns": [{"id": "X-1", "fix_versions": []}]},
        {"name": "pandas", "skip_reason": "not found"},
        {"name": "pandas", "version": "1.9", "vulns": []},
    ]
    found = scan(tmp_path, {"dependencies": packages})
    assert (found.tool, found.packages, found.covered) == ("pip-audit", 2, 1)
    assert found.weak == {"scikit-learn==1.0": ("X-1",)}


def test_a_report_of_osv_scanner_is_read_too(tmp_path):
    package = {"name": "pandas", "version": "2.0", "ecosystem": "PyPI"}
    found = scan(
        tmp_path, {"results": [{"packages": [{"package": package, "vulnerabilities": [{"id": "Y"}]}]}]}
    )
    assert (found.tool, found.covered, found.weak) == ("OSV-Scanner", 1, {"pandas==2.0": ("Y",)})


def test_what_is_no_report_is_refused(tmp_path):
    with pytest.raises(UsageError, match="no report of pip-audit or OSV-Scanner"):
        scan(tmp_path, {"all": "well"})


AUDIT = """#!/bin/sh
while [ "$1" != --output ]; do shift; done
%s
"""
FOUND = {"dependencies": [{"name": "numpy", "version": "1.0", "vulns": [{"id": "X-1"}]}]}


@pytest.fixture
def pip_audit(tmp_path, monkeypatch):
    """A program of that name that does this where it is asked for a report."""
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
    (tmp_path / "bin").mkdir()

    def does(words):
        tool = tmp_path / "bin" / "pip-audit"
        tool.write_text(AUDIT % words)
        tool.chmod(0o755)
        return tmp_path / "report.json"

    return does


def test_a_weakness_that_pip_audit_finds_is_a_report_though_it_ends_with_1(tmp_path, pip_audit):
    report = pip_audit(f"echo '{json.dumps(FOUND)}' > \"$2\"; exit 1")
    registry.proving().audit(tmp_path / "environment.txt", report)
    assert json.loads(report.read_text()) == FOUND


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "pip-audit wrote no report: it ended with 0"),
        ("echo 'no route to the service' >&2; exit 1", "pip-audit wrote no report: no route to the service"),
        ("exec sleep 30", "had not ended after 0.3 seconds"),
    ],
)
def test_without_a_report_of_pip_audit_it_is_said_why_and_what_else_can_be_done(
    tmp_path, pip_audit, words, said
):
    report = pip_audit(words)
    with pytest.raises(OutsideError, match=said) as raised:
        registry.proving().audit(tmp_path / "environment.txt", report, seconds=0.3 if "sleep" in words else 9)
    assert "--scan report.json" in raised.value.hint


def test_a_machine_without_pip_audit_is_told_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OutsideError, match="not on the PATH"):
        registry.proving().audit(tmp_path / "environment.txt", tmp_path / "report.json")
