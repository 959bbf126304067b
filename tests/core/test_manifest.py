"""The promise as people write it: what is taken, and what each mistake is told."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from causeway.core import ids
from causeway.core.errors import BadManifest
from causeway.core.manifest import Manifest
from causeway.core.manifest_schema import keys_named_in_reference, reference_text, schema
from causeway.core.manifest_text import open_questions, parse_manifest, read_manifest

WHERE = "shop/causeway.toml"
SMALLEST = '[product]\nname = "churn"\n'


def refusal(text: str) -> BadManifest:
    with pytest.raises(BadManifest) as caught:
        parse_manifest(text, where=WHERE)
    return caught.value


def test_the_reference_names_exactly_the_keys_of_the_structs():
    keys = {f"{section.name}.{key}" for section in schema().values() for key in section.keys}
    assert keys == keys_named_in_reference()
    assert list(schema()) == [field.name for field in structs.fields(Manifest)]


def test_the_reference_explains_every_table_and_key():
    for section in schema().values():
        assert section.words, section.name
        for rule in section.keys.values():
            assert rule.words, rule.dotted
            assert rule.example.startswith(f"{rule.name} = "), rule.dotted


def test_the_reference_is_itself_a_manifest_with_every_key_set():
    manifest = parse_manifest(reference_text(), where=WHERE)
    assert manifest.kpi.unit_value == Decimal("180.0")
    assert manifest.budget.until == date(2027, 12, 31)
    for section in schema().values():
        value = getattr(manifest, section.name)
        parts = value if section.many else (value,)
        for rule in section.keys.values():
            assert any(getattr(part, rule.field) not in (None, "", ()) for part in parts), rule.dotted


def test_defaults_of_the_structs_are_allowed_by_the_reference():
    for section in schema().values():
        for field, rule in zip(structs.fields(_part(section)), section.keys.values(), strict=True):
            if rule.choices and isinstance(field.default, str) and field.default:
                assert field.default in rule.choices, rule.dotted


def _part(section):
    manifest = parse_manifest(reference_text(), where=WHERE)
    value = getattr(manifest, section.name)
    return value[0] if section.many else value


def test_a_name_is_enough():
    assert parse_manifest(SMALLEST, where=WHERE).product.stage == "sandbox"


@pytest.mark.parametrize("unknown", ['"?"', '""'])
@pytest.mark.parametrize("key", ["unit_value", "baseline", "family", "name"])
def test_what_is_not_known_yet_counts_as_left_out(key: str, unknown: str):
    manifest = parse_manifest(f"{SMALLEST}[kpi]\n{key} = {unknown}  # not yet\n", where=WHERE)
    assert manifest == parse_manifest(SMALLEST, where=WHERE)


def test_a_byte_order_mark_and_windows_line_ends_are_taken():
    content = b"\xef\xbb\xbf" + SMALLEST.replace("\n", "\r\n").encode()
    assert read_manifest(content, where=WHERE).product.name == "churn"
    assert parse_manifest("\ufeff" + SMALLEST, where=WHERE).product.name == "churn"


def test_text_that_is_not_utf8_is_refused_at_its_line():
    with pytest.raises(BadManifest, match="not UTF-8") as caught:
        read_manifest(SMALLEST.encode() + 'purpose = "Tür"\n'.encode("latin-1"), where=WHERE)
    assert caught.value.where == f"{WHERE}:3"


MISTAKES = {
    "empty": ("", 1, "empty", "[product]"),
    "unknown key": (
        f'{SMALLEST}ownr = "dana"\n',
        3,
        "no key `ownr`",
        'did you mean `owner`? write: owner = "',
    ),
    "key of another table": (f'{SMALLEST}[kpi]\nowner = "dana"\n', 4, "no key `owner`", "under [product]"),
    "unknown table": (f"{SMALLEST}[bugdet]\nbuild = 1\n", 3, "`bugdet`", "did you mean [budget]?"),
    "key outside a table": (f'owner = "dana"\n{SMALLEST}', 1, "`owner`", "under [product]"),
    "wrong type": (f'{SMALLEST}[serving]\nlatency_ms = "fast"\n', 4, "text, not a number", "latency_ms = 50"),
    "truth for a number": (f"{SMALLEST}[kpi]\nbaseline = true\n", 4, "true or false, not", "baseline = "),
    "number for a text": (f"{SMALLEST}[model]\npython = 3.11\n", 4, "not text", 'python = "3.11"'),
    "fraction for a count": (f"{SMALLEST}[serving]\nrequests_per_minute = 1.5\n", 4, "whole number", "= 600"),
    "moment for a date": (
        f"{SMALLEST}[budget]\nuntil = 2027-01-01T00:00:00Z\n",
        4,
        "with a time",
        "until = ",
    ),
    "text for a list": (f'{SMALLEST}[[data]]\nname = "a"\nidentifiers = "id"\n', 5, "a list", '["id"]'),
    "one of": (f'{SMALLEST}[kpi]\nfamily = "marginn"\n', 4, '"marginn"', 'did you mean "margin"?'),
    "an answer that is none": (
        f"{SMALLEST}[serving]\nfallback = '[1]'\n",
        4,
        "`fallback` under [serving] is no JSON object",
        """fallback = '{"churn": "No"}'""",
    ),
    "out of range": (f"{SMALLEST}[serving]\navailability = 99.5\n", 4, "cannot be 99.5", "at most 1"),
    "no step lasts so long": (
        f"{SMALLEST}[canary]\nleast_minutes = 1e15\n",
        4,
        "cannot be",
        "at most 525600",
    ),
    "no year is so far back": (
        f"{SMALLEST}[serving]\nretention_days = 999999\n",
        4,
        "cannot be",
        "at most 36500",
    ),
    "not finite": (f"{SMALLEST}[kpi]\nbaseline = nan\n", 4, "cannot be nan", "finite"),
    "too large": (f"{SMALLEST}[kpi]\nbaseline = {'9' * 40}\n", 4, "cannot be", "finite"),
    "thousands of digits": (f"{SMALLEST}[kpi]\nbaseline = {'9' * 5000}\n", 4, "not TOML", ""),
    "function that is a path": (
        f'{SMALLEST}[model]\nfeatures = "/srv/prepare:features"\n',
        4,
        '"/srv/prepare:features"',
        "module:function",
    ),
    "bad name": ('[product]\nname = "My Shop"\n', 2, '"My Shop"', "lower-case"),
    "no name": ('[product]\nowner = "dana"\n', 1, "no `name`", "write: name ="),
    "name not known": ('[product]\nname = "?"\n', 1, "no `name`", "write: name ="),
    "no product": ("[serving]\n", 1, "no `name`", "write: name ="),
    "table for a list of tables": (f'{SMALLEST}[data]\nname = "a"\n', 3, "two brackets", "[[data]]"),
    "list of tables for a table": (f"{SMALLEST}[[kpi]]\n", 3, "is a table", "write: [kpi]"),
    "the same name twice": (
        f'{SMALLEST}[[data]]\nname = "a"\n\n[[data]]\nname = "a"\n',
        7,
        "two of [[data]]",
        "own",
    ),
    "duplicate key": (f'{SMALLEST}name = "b"\n', 3, "again", "keep one"),
    "duplicate table": (f"{SMALLEST}[kpi]\n[kpi]\n", 4, "again", "keep one"),
    "bad TOML": ("[product]\nname = churn\n", 2, "not TOML", "quotes"),
    "unclosed": ('[product]\nname = "churn\n', 2, "not TOML", "quotes"),
    "too deep": (f"{SMALLEST}x = {'[' * 5000}", 3, "", ""),
    "a secret": (
        f'{SMALLEST}[[integrations]]\nname = "m"\nkind = "mlflow"\nsecret = "hunter2"\n',
        6,
        "reference to a secret",
        'secret = "env:MLFLOW_TOKEN"',
    ),
    "a secret in an address": (
        f'{SMALLEST}[[integrations]]\nname = "m"\nkind = "mlflow"\nurl = "https://me:hunter2@host/"\n',
        6,
        "has a secret in it",
        "env:NAME",
    ),
    "no such monitor": (
        (
            f'{SMALLEST}[[monitors]]\nname = "drift"\nwatches = "drift"\n'
            '[[triggers]]\non = "drft"\ndo = "stop"\n'
        ),
        7,
        'no monitor named "drft"',
        'did you mean "drift"?',
    ),
    "a text of several lines": (
        '[product]\nname = "churn"\n[serving]\nmissing = """flag\n"""\n',
        4,
        "`missing`",
        "refuse, flag",
    ),
}


@pytest.mark.parametrize(("text", "line", "words", "hint"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_with_its_line_and_what_to_write(text: str, line: int, words: str, hint: str):
    error = refusal(text)
    if words:
        assert error.where == f"{WHERE}:{line}"
        assert words in error.message
        assert hint in error.hint
    assert "hunter2" not in error.message + error.hint


def test_all_mistakes_are_told_at_once_in_the_order_of_their_lines():
    error = refusal('[product]\nname = "A"\nownr = "x"\n\n[serving]\navailability = 2\n')
    assert error.where == f"{WHERE}:2"
    assert [line.split(": ")[0] for line in error.message.splitlines()[1:]] == [
        f"  {WHERE}:2",
        f"  {WHERE}:3",
        f"  {WHERE}:6",
    ]


def test_open_questions_carry_their_lines_and_words():
    text = '[product]\nname = "a"\n# Who answers?\nowner = "?"\nsponsor = "?"  # Who pays?\n'
    found = [(question.key, question.line, question.words) for question in open_questions(text)]
    assert found == [("product.owner", 4, "Who answers?"), ("product.sponsor", 5, "Who pays?")]


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_whatever_happens_to_the_text_there_is_a_manifest_or_an_error_with_a_line(data: st.DataObject):
    text = reference_text()
    for _ in range(data.draw(st.integers(1, 3))):
        at, cut = data.draw(st.integers(0, len(text))), data.draw(st.sampled_from([0, 1, 7, 40]))
        put = data.draw(
            st.sampled_from(['"', "'''", "[", "]", "{", "=", "\n", "#", '"?"', "nan", "é", "\0", "[[kpi]]\n"])
        )
        text = text[:at] + put + text[at + cut :]
    try:
        parse_manifest(text, where=WHERE)
        open_questions(text)
    except BadManifest as error:
        assert 1 <= int(error.where.removeprefix(f"{WHERE}:")) <= text.count("\n") + 1  # noqa: PT017 - either may be


def test_a_ledger_takes_the_names_that_a_manifest_takes():
    assert ids.PRODUCT.pattern == schema()["product"].keys["name"].pattern
