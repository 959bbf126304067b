"""`causeway call` and `causeway client` against a gateway that `causeway up` runs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import shipyard
from causeway.actions import call as calling
from causeway.actions import call_module
from causeway.actions.bundles import Bundle
from causeway.actions.call_module import identifiers, module_text
from causeway.cli.call import said
from causeway.cli.main import main
from causeway.client import Interrupted
from causeway.core.release import Field, Output, Signature

pytestmark = pytest.mark.integration
ROWS = "customerID,tenure,Contract\na,12,One year\nb,99,Month-to-month\nc,3,Two year\n"


def cause(*words, given=None):
    result = CliRunner().invoke(main, [*map(str, words)], input=given)
    return result.exit_code, result.stdout, result.stderr


def cause_json(*words, given=None):
    code, out, _ = cause(*words, "--json", given=given)
    return code, json.loads(out)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder that is live behind a gateway, with a token; tests leave it as it is."""
    with pytest.MonkeyPatch.context() as patched:
        place = tmp_path_factory.mktemp("call")
        for name in ("CAUSEWAY_LEDGER", "CAUSEWAY_ACTOR", "CAUSEWAY_TOKEN"):
            patched.delenv(name, raising=False)
        patched.setenv("CAUSEWAY_KEYS", str(place / "keys"))
        folder = shipyard.poc(place / "poc")
        shipyard.answering(folder)
        _, shipped = cause_json("ship", folder, "--yes")
        (place / "token").write_text(shipped["token"] + "\n")
        (place / "rows.csv").write_text(ROWS)
        command = [sys.executable, "-m", "causeway", "up", str(folder), "--json"]
        with (
            (place / "said").open("w") as narration,
            subprocess.Popen(
                [*command, "--port", "0", "--console-port", "0"],
                stdout=subprocess.PIPE,
                stderr=narration,
                text=True,
            ) as process,
        ):
            try:
                started = json.loads(process.stdout.readline())
                (place / "address").write_text(started["gateway"])
                yield place
            finally:
                process.terminate()
                process.wait(30)


@pytest.fixture
def key(place, monkeypatch):
    monkeypatch.setenv("CAUSEWAY_TOKEN", (place / "token").read_text().strip())


def test_the_example_of_the_release_is_answered(place, key):
    code, called = cause_json("call", place / "poc")
    assert (code, called["status"], called["rows"]) == (0, "answered", 1)
    assert called["source"] == "the release's example row"
    assert called["answers"][0]["prediction"]["label"] == "Yes"
    assert cause_json("call", "churn", "--folder", place / "poc")[1]["rows"] == 1


def test_the_rows_of_a_file_come_back_as_a_table_of_80_columns(place, key):
    code, out, narrated = cause("call", place / "poc", place / "rows.csv")
    assert code == 0, narrated
    assert "left out, as the release does not take them: customerID" in narrated
    lines = out.splitlines()
    assert all(len(line) <= 80 for line in lines[:4])
    assert [line.split()[0] for line in lines[1:4]] == ["1", "2", "3"]
    assert "(range:tenure)" in lines[2]
    assert "3 answered" in out


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rows.jsonl", '{"tenure": 12, "Contract": "One year"}\n\n{"tenure": 1, "Contract": "Two year"}\n'),
        ("rows.json", '[{"tenure": 12, "Contract": "One year"}, {"tenure": 1, "Contract": "Two year"}]'),
        ("rows.csv", "tenure;Contract\n12;One year\n1;Two year\n"),
        ("-", '{"tenure": 12, "Contract": "One year"}\n{"tenure": 1, "Contract": "Two year"}\n'),
        ("-", "Contract,tenure\nOne year,12\nTwo year,1\n"),
    ],
)
def test_every_form_of_rows_gives_the_same_answers(place, key, tmp_path, name, content):
    file = name if name == "-" else tmp_path / name
    if name != "-":
        file.write_text(content)
    code, called = cause_json("call", place / "poc", file, given=content if name == "-" else None)
    assert (code, called.get("rows")) == (0, 2), called
    given = ('{"tenure": 12, "Contract": "One year"}', '{"tenure": 1, "Contract": "Two year"}')
    same = cause_json("call", place / "poc", "--row", given[0], "--row", given[1])[1]
    assert [a["prediction"] for a in called["answers"]] == [a["prediction"] for a in same["answers"]]


def test_a_bad_row_is_named_as_it_stands_in_the_file(place, key, tmp_path):
    file = tmp_path / "rows.csv"
    file.write_text(ROWS.replace("Two year", "Ten years"))
    code, told = cause_json("call", place / "poc", file)
    assert (code, told["code"], told["status"]) == (2, "row_refused", 422)
    assert told["error"].startswith("row 3, field 'Contract'")
    assert told["where"] == f"{file}, row 3"
    code, called = cause_json("call", place / "poc", file, "--batch", "1")
    assert (code, called["ok"], called["status"], called["rows"]) == (2, False, "interrupted", 2)
    assert "row 3, field" in called["trouble"]
    assert "--skip 2" in called["trouble"]
    code, called = cause_json("call", place / "poc", place / "rows.csv", "--skip", "2")
    assert [answer["row"] for answer in called["answers"]] == [3]


def test_a_gateway_that_goes_midway_leaves_what_was_answered(place, key, monkeypatch):
    class Going(calling.Client):
        asked = 0

        def predict(self, rows, **more):
            Going.asked += 1
            if Going.asked == 3:
                raise Interrupted("the connection ended", hint="it may have been answered")
            return super().predict(rows, **more)

    monkeypatch.setattr(calling, "Client", Going)
    code, out, narrated = cause("call", place / "poc", place / "rows.csv", "--batch", "1")
    assert code == 3
    assert "2 answered" in out
    assert "go on with --skip 2" in narrated


@pytest.mark.parametrize(
    ("known", "words", "ends"),
    [
        ("", [], (2, "no_key")),
        ("wrong", [], (2, "key_refused")),
        ("two words", [], (2, "usage")),
        (None, ["--address", "http://127.0.0.1:9"], (3, "gateway_gone")),
        (None, ["--address", "ftp://x"], (2, "usage")),
        (None, ["nothing.csv"], (2, "not_found")),
        (None, ["--row", "[1]"], (2, "usage")),
        (None, ["rows.csv", "--row", "{}"], (2, "usage")),
    ],
)
@pytest.mark.usefixtures("key")
def test_each_cause_is_one_error(place, monkeypatch, known, words, ends):
    if known is not None:
        monkeypatch.setenv("CAUSEWAY_TOKEN", known)
    code, told = cause_json("call", place / "poc", *words)
    assert (code, told["code"]) == ends, told


def test_where_nothing_runs_or_is_live_that_is_said(folder):
    assert cause_json("call", folder)[1]["code"] == "not_found"
    shipyard.answering(folder)
    code, told = cause_json("call", folder)
    assert (code, told["hint"]) == (2, f"make one live: causeway ship {folder}")
    cause("ship", folder, "--yes")
    code, told = cause_json("call", folder)
    assert (code, told["code"]) == (3, "no_gateway")
    assert cause_json("call", "nowhere", "--folder", folder)[1]["hint"] == "products there: churn"


def test_a_token_may_lie_in_a_file(place, monkeypatch):
    monkeypatch.delenv("CAUSEWAY_TOKEN", raising=False)
    assert cause_json("call", place / "poc", "--token-file", place / "token")[0] == 0
    assert cause_json("call", place / "poc", "--token-file", place / "none")[0] == 3


@pytest.mark.parametrize(
    ("prediction", "text"),
    [
        ({"label": "No", "probability": {"No": 0.25, "Yes": 0.75}}, "No 0.25"),
        ({"label": 1, "probability": {"0": 0.25, "1": 0.75}}, "1 0.75"),
        ({"label": "Yes", "act": True}, "Yes act=true"),
        (12.345678, "12.35"),
        (None, "(none)"),
    ],
)
def test_a_prediction_is_told_in_few_characters(prediction, text):
    assert said(prediction) == text


def strictly(folder: Path):
    """What a strict type checker has against the Python files of a folder."""
    checker = Path(sys.executable).with_name("basedpyright")
    if not checker.exists():
        pytest.skip("basedpyright is not here")
    settings = {"typeCheckingMode": "strict", "include": ["."], "pythonVersion": "3.10"}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    ran = subprocess.run([checker, "-p", folder], capture_output=True, text=True, check=False)
    return ran.stdout if ran.returncode else ""


STRANGE = Signature(
    (
        Field("Monthly Charges ($)", "number", minimum=0, maximum=9.5),
        Field("class", "text", categories=('a"b', "c\\d", "é\n")),
        Field("Class", "text", required=False),
        Field("float", "boolean"),
        Field("2nd", "integer"),
        Field("@EXAMPLE@", "text"),
    ),
    (Output("value", "value"),),
)


def test_a_written_module_calls_with_the_standard_library_alone(place, tmp_path):
    file = tmp_path / "churn_client.py"
    code, module = cause_json("client", place / "poc", "--into", file)
    assert (code, module["status"], module["fields"]) == (0, "written", 2)
    assert cause_json("client", place / "poc", "--into", file)[1]["status"] == "already_written"
    program = f"""
from churn_client import EXAMPLE, Client, KeyRefused, Row, RowRefused
client = Client("{(place / "address").read_text()}", token="{(place / "token").read_text().strip()}")
first, second = client.predict([EXAMPLE, Row(tenure=99, contract="One year")])
print(first.label, first.flags, second.flags, len(first.id))
for bad in (Row(tenure="5", contract="One year"),):
    try:
        client.predict([bad])
    except RowRefused as error:
        print(error.status, error.code)
try:
    Client("{(place / "address").read_text()}", token="x").predict([EXAMPLE])
except KeyRefused as error:
    print(error.status)
"""
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{program}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout.splitlines() == ["Yes () ('range:tenure',) 36", "422 invalid_input", "401"], ran.stderr


def test_written_modules_pass_a_strict_type_checker_whatever_the_fields_are_called(tmp_path):
    plain = Bundle("sha256:" + "1" * 64, shipyard.RELEASE, (), shipyard.ROW)
    row = {"Monthly Charges ($)": 1.5, "class": 'a"b', "Class": None, "float": True, "2nd": 3, "@EXAMPLE@": 7}
    strange = Bundle(
        "sha256:" + "2" * 64,
        call_module.Release(**{**fields_of(shipyard.RELEASE), "signature": STRANGE}),
        (),
        row,
    )
    for name, bundle in (("plain", plain), ("strange", strange)):
        fields = (*bundle.release.signature.inputs, Field("customer", "text", required=False))
        text = module_text(bundle, fields, may_be_null=name == "strange")
        compile(text, name, "exec")
        (tmp_path / f"{name}.py").write_text(text)
    found: dict[str, object] = {}
    exec((tmp_path / "strange.py").read_text(), found)  # noqa: S102 - what was written is what is tried
    assert found["EXAMPLE"].sent() == row | {"customer": None}
    assert strictly(tmp_path) == ""


def fields_of(release):
    return {name: getattr(release, name) for name in release.__struct_fields__}


def test_names_become_those_of_python_and_stay_different():
    assert identifiers(["a b", "a_b", "A-B", "for", "1x", "$", "self"], taken=("self",)) == [
        *("a_b", "a_b_2", "a_b_3", "for_", "n1x", "field", "self_2")
    ]


def test_a_file_of_somebody_elses_is_never_replaced(place, tmp_path):
    other = tmp_path / "mine.py"
    other.write_text("x = 1\n")
    assert cause_json("client", place / "poc", "--into", other)[1]["code"] == "conflict"
    assert cause_json("client", place / "poc", "--into", tmp_path / "client.txt")[0] == 2
    assert other.read_text() == "x = 1\n"
