"""`causeway check` in every form: SARIF, annotations, badge, files, and the weight from which it fails."""

import json
import os
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import jsonschema_rs
import pytest
from click.testing import CliRunner
from msgspec import structs

import folders
from causeway.actions.check import check
from causeway.actions.placed import source_lines
from causeway.assess.codes import codes
from causeway.cli.main import main
from causeway.cli.reports import badge
from causeway.cli.reports.findings import places
from causeway.cli.reports.forms import FORMS, Asked
from causeway.cli.reports.text import text
from causeway.core.finding import Evidence, Finding, Remedy, Severity

SCHEMA = Path(os.environ.get("CAUSEWAY_SARIF_SCHEMA", "/nowhere"))
SVG = "{http://www.w3.org/2000/svg}"
BEFORE_SPLIT = """\
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
df = pd.read_csv("people.csv")
X = StandardScaler().fit_transform(df[["tenure"]])
X_train, X_test, y_train, y_test = train_test_split(X, df["left"], random_state=1)
LogisticRegression().fit(X_train, y_train)
"""


def invoke(*arguments):
    return CliRunner().invoke(main, ["check", *map(str, arguments)])


def sarif(*arguments):
    return json.loads(invoke(*arguments, "--sarif").output)


def results(*arguments):
    return {result["ruleId"]: result for result in sarif(*arguments)["runs"][0]["results"]}


@pytest.fixture
def leaky(tmp_path):
    (tmp_path / ".git").mkdir()
    return folders.churn(tmp_path / "pocs" / "a b", **{"train.py": BEFORE_SPLIT})


def test_sarif_has_a_rule_with_help_for_every_code_and_a_result_for_every_finding(leaky):
    run = sarif(leaky)["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert {rule["id"] for rule in rules} == set(codes())
    assert all(rule["help"]["text"] and rule["shortDescription"]["text"].endswith(".") for rule in rules)
    found = check(leaky).findings
    assert [result["ruleId"] for result in run["results"]] == [finding.code for finding in found]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["message"]["text"]
        assert result["locations"][0]["physicalLocation"]["region"]["startLine"] >= 1


def test_sarif_names_files_from_the_root_of_the_repository_and_no_machine(leaky):
    run = sarif(leaky)["runs"][0]
    place = results(leaky)["LEAK-SPLIT"]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "pocs/a%20b/train.py", "uriBaseId": "SRCROOT"}
    assert place["region"] == {"startLine": 6}
    assert "uri" not in run["originalUriBaseIds"]["SRCROOT"]
    assert str(leaky) not in json.dumps(run)


def test_sarif_weights_are_levels(leaky):
    levels = {code: result["level"] for code, result in results(leaky).items()}
    assert (levels["NO-OWNER"], levels["LEAK-SPLIT"], levels["NO-TESTS"]) == ("error", "warning", "note")


def test_a_finding_keeps_its_fingerprint_when_lines_move(leaky):
    def named():
        run = sarif(leaky)["runs"][0]
        return [(result["ruleId"], result["partialFingerprints"]) for result in run["results"]]

    before = named()
    (leaky / "train.py").write_text("# one\n# two\n\n" + BEFORE_SPLIT.replace("X = Std", "X   =  Std"))
    assert results(leaky)["LEAK-SPLIT"]["locations"][0]["physicalLocation"]["region"] == {"startLine": 9}
    assert named() == before
    prints = [print_["causewayFinding/v1"] for _, print_ in before]
    assert len(set(prints)) == len(prints)


def test_a_finding_in_a_notebook_names_the_cell_and_the_line_of_the_file(leaky):
    lines = BEFORE_SPLIT.splitlines(keepends=True)
    (leaky / "train.py").unlink()
    cells = folders.notebook("".join(lines[:4]), "".join(lines[4:]))
    (leaky / "train.ipynb").write_text(json.dumps(json.loads(cells), indent=1))
    result = results(leaky)["LEAK-SPLIT"]
    spot = result["locations"][0]
    line = spot["physicalLocation"]["region"]["startLine"]
    assert "StandardScaler().fit_transform" in (leaky / "train.ipynb").read_text().splitlines()[line - 1]
    assert spot["logicalLocations"][0]["fullyQualifiedName"] == "pocs/a b/train.ipynb/cell 2/line 2"
    assert "(cell 2)" in result["message"]["text"]


def test_lines_of_a_notebook_are_found_whatever_its_outputs_look_like():
    cell = {"cell_type": "code", "outputs": [{"source": ["a\n"], "data": {"x": ['"source": [']}}]}
    cells = [cell | {"source": ["a\n", "b\n"]}, cell | {"source": "a\nb"}, {"source": []}]
    made = json.dumps({"cells": cells, "metadata": {"source": ["z"]}}, indent=1)
    first, second, third = source_lines(made)
    lines = made.splitlines()
    assert [lines[line - 1].strip().rstrip(",") for line in first] == ['"a\\n"', '"b\\n"']
    assert lines[second[0] - 1].strip() == r'"source": "a\nb"'
    assert (len(second), third) == (2, [])
    for broken in ("", "[", '{"cells": [{', "}}}]]", '{"cells": {"source": ["a'):
        source_lines(broken)


@pytest.mark.skipif(not SCHEMA.is_file(), reason="CAUSEWAY_SARIF_SCHEMA names no file")
def test_sarif_is_valid_after_the_official_schema(leaky):
    jsonschema_rs.validator_for(json.loads(SCHEMA.read_text())).validate(sarif(leaky))


def test_annotations_are_one_command_a_line(leaky):
    (leaky / "train.py").rename(leaky / "tr,a:in.py")
    lines = invoke(leaky, "--annotations").output.splitlines()
    leak = next(line for line in lines if "title=LEAK-SPLIT" in line)
    assert leak.startswith("::warning file=pocs/a b/tr%2Ca%3Ain.py,line=6,title=LEAK-SPLIT::")
    assert lines[0].startswith("::error ")
    assert sum("::notice title=Causeway::Missing, as in most PoCs" in line for line in lines) == 1
    assert lines[-1].startswith("Not ready")


def test_the_badge_tells_the_verdict_in_words_and_has_room_for_them(leaky):
    picture = ET.fromstring(invoke(leaky, "--badge", "-").output)  # noqa: S314 - our own
    title = picture.find(f"{SVG}title").text
    assert re.fullmatch(r"causeway: not ready for a pilot: 1 blocker, \d+ fix(es)?, \d+ notes", title)
    assert picture.get("aria-label") == title
    label, words = picture.iter(f"{SVG}text")
    assert title == f"{label.text}: {words.text}"
    assert int(words.get("x")) + int(words.get("textLength")) + badge.PADDING == int(picture.get("width"))
    for letter in title:
        assert letter in badge.WIDTHS


@pytest.mark.parametrize("colour", [badge.GREY, badge.GREEN, badge.AMBER, badge.RED])
def test_the_badges_letters_can_be_read_on_every_colour(colour):
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    assert 1.05 / (luminance + 0.05) >= 4.5


def test_files_are_written_in_the_form_that_their_ending_names(leaky, tmp_path):
    names = ("a.sarif", "b.md", "c.json", "d.svg", "e.txt", "f.sarif.json")
    outs = [word for name in names for word in ("--out", tmp_path / "made" / name)]
    done = invoke(leaky, *outs)
    assert done.stdout.startswith("Not ready for a pilot")
    begins = ("{", "## Not ready", '{"ok":false', "<svg ", "Not ready", "{")
    for name, begin in zip(names, begins, strict=True):
        assert (tmp_path / "made" / name).read_text().startswith(begin)
    assert sorted(path.name for path in (tmp_path / "made").iterdir()) == list(names)
    assert done.stderr.count("written: ") == 6


def test_a_form_that_is_asked_for_goes_into_the_file_instead_of_the_terminal(leaky, tmp_path):
    file = tmp_path / "results.json"
    file.write_text("old")
    file.chmod(0o640)
    done = invoke(leaky, "--sarif", "--out", file)
    assert (done.stdout, done.exit_code) == ("", 1)
    assert json.loads(file.read_text())["version"] == "2.1.0"
    assert file.stat().st_mode & 0o777 == 0o640


def test_a_file_that_cannot_be_written_is_one_clear_error(leaky, tmp_path):
    (tmp_path / "f").write_text("x")
    done = invoke(leaky, "--out", tmp_path / "f" / "a.md")
    assert (done.exit_code, done.stdout, done.stderr.count("error:")) == (3, "", 1)


def test_two_forms_at_once_are_refused(leaky):
    done = invoke(leaky, "--md", "--sarif")
    assert done.exit_code == 2
    assert "two forms of one answer" in done.stderr


@pytest.mark.parametrize(("weight", "code"), [("blocker", 0), ("fix", 1), ("note", 1), ("never", 0)])
def test_the_weight_from_which_it_fails_can_be_chosen(leaky, weight, code):
    (leaky / "causeway.toml").write_text('[product]\nname = "a"\nowner = "b"\n[kpi]\nname = "c"\n')
    assert invoke(leaky, "--fail-on", weight).exit_code == code
    told = invoke(leaky, "--fail-on", weight, "--json")
    shape = json.loads(told.output)
    assert (told.exit_code, shape["ok"], shape["ready"]) == (code, code == 0, True)


def test_never_failing_holds_where_something_blocks(leaky):
    assert invoke(leaky, "--fail-on", "never").exit_code == 0


@pytest.mark.parametrize(
    ("fixes", "notes", "left"),
    [(3, 2, None), (8, 5, None), (9, 2, "2 more fixes"), (12, 40, "5 more fixes, 36 more notes")],
)
def test_a_long_list_is_cut_and_says_by_how_much(leaky, monkeypatch, *, fixes, notes, left):
    monkeypatch.chdir(leaky)
    weights = [Severity.BLOCKER] * 9 + [Severity.FIX] * fixes + [Severity.NOTE] * notes
    findings = tuple(Finding("COPY", weight, "This is so.", Remedy("Mend it.")) for weight in weights)
    report = structs.replace(check(Path()), findings=findings)
    short, whole = text(report), text(report, full=True)
    assert max(map(len, whole.splitlines())) <= 80
    told = re.search(r"\n  and (.+): causeway check . --full\n", short)
    assert (told[1] if told else None) == left
    assert whole.count("This is so.") == len(findings)
    shown = sum(map(int, re.findall(r"(\d+) more", left or "")))
    assert short.count("This is so.") == len(findings) - shown


def test_a_file_whose_name_is_no_text_is_told_in_every_form(tmp_path):
    folders.churn(tmp_path / "poc").joinpath("train.py").rename(tmp_path / "poc" / "tr\udcff|<a>&.py")
    names = ("a.sarif", "b.md", "c.json", "d.svg", "e.txt")
    outs = [word for name in names for word in ("--out", tmp_path / name)]
    assert invoke(tmp_path / "poc", *outs).exit_code == 1
    assert "tr%FF%7C%3Ca%3E&.py" in (tmp_path / "a.sarif").read_text()
    assert "tr\\udcff" in (tmp_path / "b.md").read_text()
    assert invoke(tmp_path / "poc", "--annotations").exit_code == 1
    assert invoke("--all", tmp_path, "--json").exit_code == 1


@pytest.mark.parametrize(
    ("evidence", "said", "told"),
    [
        ([Evidence("a.py", 4), Evidence("a.py", 9), Evidence("b.py")], "", "a.py:4, :9, b.py"),
        ([Evidence("a.py", 4), Evidence("a.py", 9)], "a.py is odd", "line 4, :9"),
        ([Evidence("a.py", 4)], "extra.py and data.py", "a.py:4"),
        ([Evidence("a.py", 4), Evidence("b.py", 5)], "a.py and b.py", "a.py:4, b.py:5"),
        ([Evidence("n.ipynb", 2, 7), Evidence("n.ipynb", None, 8)], "n.ipynb ran", "cell 7 line 2, cell 8"),
        ([Evidence("a.py", n) for n in range(1, 7)], "", "a.py:1, :2, :3, :4 and 2 more"),
        ([Evidence("a.py", 3), Evidence("b.py", 3), Evidence("a.py", 4)], "", "a.py:3, b.py:3, a.py:4"),
    ],
)
def test_places_are_told_once(evidence, said, told):
    assert places(evidence, said=said) == told


def test_nothing_in_a_folder_commands_a_terminal_or_draws_in_markdown(tmp_path):
    name = "a\x1b[2J\u202e![x](y).py"
    folders.write(tmp_path, {name: 'import pandas as pd\nd = pd.read_csv("/home/bob/y.csv")\n'})
    asked = Asked(check(tmp_path), 1, full=True)
    for form in ("text", "md"):
        told = FORMS[form](asked)
        assert "\\x1b" in told
        assert not {"\x1b", "\u202e"} & set(told)
    assert "![x](y)" not in FORMS["md"](asked)


def test_a_badge_is_xml_whatever_its_words_are():
    words = 'a<b> & "c" \x00\x1b[31m\u202e \ud800\uffff'
    picture = ET.fromstring(badge.drawn(words, words, colour="#000"))  # noqa: S314 - our own
    assert picture.attrib["aria-label"].startswith('a<b> & "c" \\x00\\x1b[31m\\x202e ??: ')
