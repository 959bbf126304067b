"""What is told to a person fits a terminal of eighty columns, and what has to be copied stays whole."""

import io

import pytest

from causeway.cli import verb
from causeway.cli.tour_telling import Story
from causeway.core.errors import OutsideError

PATH = "/home/a-person/" + "a-long-name-of-a-folder/" * 4 + "causeway.toml"


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("short", "short"),
        ("  as it\n    is", "  as it\n    is"),
        ("from 2026-01-01 " + "words and " * 7 + "2026-12-31", None),
        ("  - " + "words that go on " * 9, None),
        (f"wrote {PATH}: keep it where whoever has the database cannot write", None),
        ("\x1b[31m" * 30 + " and more", None),
    ],
)
def test_lines_are_folded_between_words_and_nothing_of_them_is_lost(text, told):
    folded = verb.folded(text)
    assert told in (None, folded)
    assert " ".join(folded.split()) == " ".join(verb.harmless(text).split())
    assert [line for line in folded.split("\n") if len(line) > 80 and " " in line.strip()] == []


def test_an_error_is_folded_for_a_person_and_is_one_line_in_a_log(monkeypatch):
    error = OutsideError(f"cannot write {PATH}: " + "for whatever reason " * 9, where=PATH, hint="free space")
    for stream, lines in ((Terminal(), 7), (io.StringIO(), 3)):
        monkeypatch.setattr("sys.stderr", stream)
        assert verb.fail(error, as_json=False) == 3
        told = stream.getvalue()
        assert len(told.splitlines()) == lines
        assert told.endswith(f"\n  at {PATH}\n  free space\n")


def test_the_tours_last_lines_keep_their_column_and_paths_whole(capsys, tmp_path):
    story = Story(tmp_path, quiet=False)
    story.entry("The promise", f"{PATH}, with three questions for you")
    first, second = capsys.readouterr().out.splitlines()
    assert first == f"   {'The promise':<14}{PATH},"
    assert second == " " * 17 + "with three questions for you"
