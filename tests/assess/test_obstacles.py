import pytest
from msgspec.structs import replace

from causeway.assess.obstacles import before_training, in_training, without_rows
from causeway.core.environment import Problem
from causeway.core.finding import Evidence
from causeway.core.poc import DataFile, Guess, Poc, Reach, Sighting
from causeway.core.trace import Captured, Trace, TraceError

POC = Poc("poc", "/poc", Reach(1, 1))
GONE = Sighting("removed_api", "old.api", Evidence("train.py", line=3), "lib 3.0|lib.new_api")


def traced(*errors, **more):
    return Trace("3.11", {}, "train.py", 1.0, 1, errors=errors, **more)


def failed(error, where="train.py:3"):
    return TraceError(where, error)


def test_python_may_be_trained():
    assert before_training(POC, "train.py") is None
    assert before_training(POC, "book.ipynb") is None
    assert before_training(POC, "") is None


@pytest.mark.parametrize(("script", "words"), [("fit.Rmd", "written in R;"), ("fit.sh", "neither a Python")])
def test_what_is_not_python_is_said_before_anything_is_built(script, words):
    obstacle = before_training(POC, script)

    assert words in obstacle.what
    assert obstacle.where == script
    assert "container" in obstacle.remedy


def test_an_application_without_a_training_is_told_that_there_is_nothing_to_train():
    poc = replace(POC, kind=Guess("GenAI RAG app"), serve=Guess("app.py"))

    assert before_training(poc, "").what == (
        "there is nothing to train: this is a GenAI RAG app that app.py serves"
    )
    assert before_training(poc, "finetune.py") is None


@pytest.mark.parametrize(
    ("error", "what", "remedy"),
    [
        (
            "ModuleNotFoundError: No module named 'old'",
            "old.api is gone since lib 3.0",
            "use lib.new_api, or",
        ),
        ("EOFError: EOF when reading a line", "nobody is there", "take that line out"),
        ("ValueError: bad", "ValueError: bad", "mend that line"),
    ],
)
def test_the_first_failed_line_is_explained(error, what, remedy):
    poc = replace(POC, sightings=(GONE,)) if "old" in error else POC

    obstacle = in_training(traced(failed(error)), poc, ())

    assert what in obstacle.what
    assert remedy in obstacle.remedy
    assert obstacle.where == "train.py:3"


def test_a_replacement_is_known_by_the_module_too():
    elsewhere = failed("ModuleNotFoundError: No module named 'old.api'", where="helpers.py:9")

    assert "lib<3.0" in in_training(traced(elsewhere), replace(POC, sightings=(GONE,)), ()).remedy


def test_a_missing_module_says_why_it_was_not_installed():
    error = failed("ModuleNotFoundError: No module named 'hiddenlayer'")
    problem = Problem("hiddenlayer", "no package of this name can be found")

    assert "(no package of this name can be found)" in in_training(traced(error), POC, (problem,)).what
    colab = failed("ModuleNotFoundError: No module named 'google.colab'")
    assert "only there on Colab" in in_training(traced(colab), POC, ()).what


@pytest.mark.parametrize(
    ("path", "what", "remedy"),
    [
        ("/content/drive/temps.csv", "only on the machine of its author", "the folder holds data/temps.csv"),
        ("C:\\\\Users\\\\me\\\\temps.csv", "only on the machine", "data/temps.csv"),
        ("other.csv", "not there", "put other.csv into the folder"),
    ],
)
def test_a_missing_file_is_looked_for_in_the_folder(path, what, remedy):
    poc = replace(POC, data=(DataFile("data/temps.csv", 10, "csv"),))
    error = failed(f"FileNotFoundError: [Errno 2] No such file or directory: '{path}'")

    obstacle = in_training(traced(error, failed("NameError: x"), failed("NameError: y")), poc, ())

    assert what in obstacle.what
    assert remedy in obstacle.remedy
    assert obstacle.remedy.endswith("(2 more statements failed after it)")


def test_a_training_that_fits_nothing_and_fails_nowhere():
    assert "fitted no model" in in_training(traced(), POC, ()).what
    noted = replace(traced(), notes=("Net learned by a loss of its own",))
    assert in_training(noted, POC, ()).what.endswith("(Net learned by a loss of its own)")


def test_a_model_whose_rows_were_not_seen_names_everything_that_is_in_its_way():
    net = Captured(1, "Sequential", "flax.linen", "m.pkl", "other")
    trace = traced(failed("ModuleNotFoundError: No module named 'old.api'"), captured=(net,))

    obstacle = without_rows(trace, replace(POC, sightings=(GONE,)), ())

    assert obstacle.what == "Sequential was fitted, but the training read no table that was seen"
    assert "Flax is not converted" in obstacle.remedy
    assert "At train.py:3, old.api is gone since lib 3.0: use lib.new_api" in obstacle.remedy
