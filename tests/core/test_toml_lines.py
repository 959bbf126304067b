"""Where each key of a TOML text stands."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from causeway.core.toml_lines import lines_of

TEXT = '''# a comment with = and [brackets]
top = 1
"quoted key" = 'a # no comment'
many = """
first = "inside"
[not.a.table]
"""

[table] # trailing
a.b = { x = 1, "y z" = [1, 2] }
list = [
  "one", # with ] in a comment
  { in = "list" },
]
when = 1979-05-27 07:32:00

[[items]]
name = "first"

[[items]]
name = "second"
[items.inner]
deep = true
[[items.parts]]
size = 3
'''


def test_every_key_is_found_on_its_line():
    lines = lines_of(TEXT)
    expected = {
        ("top",): 2,
        ("quoted key",): 3,
        ("many",): 4,
        ("table",): 9,
        ("table", "a", "b"): 10,
        ("table", "a", "b", "x"): 10,
        ("table", "a", "b", "y z", 1): 10,
        ("table", "list"): 11,
        ("table", "list", 0): 12,
        ("table", "list", 1, "in"): 13,
        ("table", "when"): 15,
        ("items", 0, "name"): 18,
        ("items", 1): 20,
        ("items", 1, "name"): 21,
        ("items", 1, "inner", "deep"): 23,
        ("items", 1, "parts", 0, "size"): 25,
    }
    assert {path: lines.get(path) for path in expected} == expected
    assert not [path for path in lines if "first" in path or "not" in path]


def paths_in(value, at=()):
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*at, key)
        yield from paths_in(inner, (*at, key))


def test_every_value_that_the_parser_sees_has_a_line():
    assert set(paths_in(tomllib.loads(TEXT))) <= set(lines_of(TEXT))


texts = st.text(alphabet=st.sampled_from("ab \"'\\#[]{}=,.\n\t"), max_size=12)


@given(st.lists(texts, min_size=1, max_size=5))
def test_strings_of_any_content_do_not_shift_the_lines_after_them(values: list[str]):
    def basic(value: str) -> str:
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
        return f'"{escaped}"'

    def block(value: str) -> str:
        return '"""' + value.replace("\\", "\\\\").replace('"', '\\"') + '"""'

    rows = []
    expected = {}
    for index, value in enumerate(values):
        for name, written in ((f"b{index}", basic(value)), (f"m{index}", block(value))):
            expected[(name,)] = sum(row.count("\n") + 1 for row in rows) + 1
            rows.append(f"{name} = {written}")
    text = "\n".join(rows)
    assert set(tomllib.loads(text)) == {path[0] for path in expected}
    assert lines_of(text) == expected
