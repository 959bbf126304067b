"""A line that failed, in plain words and with what to do."""

import pytest

from causeway.assess.failures import Known, explained
from causeway.core.environment import Problem
from causeway.core.finding import Evidence
from causeway.core.poc import DataFile, ModelFile, Poc, Reach, Sighting
from causeway.core.trace import TraceError

HERE = Evidence("train.py", 1)
POC = Poc(
    "poc",
    "/poc",
    Reach(3, 100),
    data=(DataFile("data/Loans.csv", "CSV", 10, encoding="cp1252"),),
    models=(ModelFile("model.pkl", "pickle", 9, framework="scikit-learn", version="1.1.3"),),
    imports=(Sighting("import", "cv2", HERE, "opencv-python"),),
    sightings=(Sighting("removed_api", "numpy.float", HERE, "numpy 1.24|float"),),
)
KNOWN = Known(POC, (Problem("wandb", "nothing declares it"),), {"scikit-learn": "1.6.1", "numpy": "2.0"}, 5.0)


@pytest.mark.parametrize(
    ("error", "source", "what", "remedy"),
    [
        (
            "ModuleNotFoundError: No module named 'cv2'",
            "",
            "module cv2 is not there",
            "declare opencv-python",
        ),
        ("ModuleNotFoundError: No module named 'wandb'", "", "nothing declares it", "requirements.txt"),
        (
            "ModuleNotFoundError: No module named 'google.colab'",
            "",
            "only there on Colab",
            "take that cell out",
        ),
        (
            "ImportError: cannot import name 'x' from 'numpy.core'",
            "",
            "installed: numpy 2.0",
            "pin the numpy",
        ),
        (
            "FileNotFoundError: [Errno 2] No such file or directory: 'C:\\\\me\\\\loans.csv'",
            "",
            "only on the machine of its author",
            'the folder holds data/Loans.csv: read that, by its path inside the folder ("data/Loans.csv")',
        ),
        ("UnicodeDecodeError: 'utf-8' codec", "pd.read_csv('Loans.csv')", "encoding", 'encoding="cp1252"'),
        ("KeyError: 'API_KEY'", "os.environ['API_KEY']", "environment variable API_KEY", "document API_KEY"),
        ("ValueError: could not convert string to float: 'a'", "df.corr()", "column of text", "numeric_only"),
        ("NameError: name 'df' is not defined", "df.head()", "df is not defined", "defines df"),
        ("EOFError: EOF when reading a line", "input()", "asks somebody", "write the value"),
        (
            "URLError: <urlopen error [Errno -3] Temporary failure in name resolution>",
            "",
            "network",
            "folder",
        ),
        ("TimeUp: it was still running", "fit()", "still running", "--minutes 10"),
        (
            "AttributeError: 'OrdinalEncoder' object has no attribute '_infrequent_enabled'",
            "",
            "saved by scikit-learn 1.1.3, and 1.6.1 is installed",
            "pin scikit-learn==1.1.3",
        ),
        ("AttributeError: module 'numpy' has no attribute 'float'", "np.float", "numpy has no float", "pin"),
        ("SyntaxError: Missing parentheses in call to 'print'", "", "Python 2", "brackets"),
        ("ZeroDivisionError: division by zero", "", "ZeroDivisionError: division by zero", "mend that line"),
    ],
)
def test_what_a_failed_line_says(error, source, what, remedy):
    told, mend = explained(TraceError("train.py:9", error, source), KNOWN)
    assert what in told
    assert remedy in mend


def test_an_interface_that_is_gone_is_named_with_what_took_its_place():
    told = explained(TraceError("train.py:1", "AttributeError: no float", ""), KNOWN)
    assert told == (
        "numpy.float is gone since numpy 1.24",
        "use float, or write numpy<1.24 into the requirements",
    )
