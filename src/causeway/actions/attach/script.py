"""The script that stands where a training would: it opens the model as it is, beside its rows."""

from collections.abc import Sequence
from pathlib import PurePath

from causeway.core.attached import Saved

AS_IT_IS = "as_it_is.py"
ON_EXAMPLE = "on_example.py"
MODEL_FOLDER = "model"
STANDARD = {"json", "pickle"}
NEEDS = {"sklearn": ("sklearn",), "xgboost": ("sklearn", "xgboost"), "lightgbm": ("lightgbm", "sklearn")}
"""What models of each flavour name when they are opened."""

_HEAD = '''"""The model from {words}, taken as it is.

Written by `causeway attach`. Nothing is trained here. What is done to the rows before they reach
the model belongs above the last line; Causeway finds it there and proves it.
"""

{imports}
HERE = Path(__file__).resolve().parent

'''
_ROWS = """rows = pd.{reader}(HERE.parents[1] / {path!r}{more})
rows = rows.dropna(subset=[{target!r}])
inputs = rows{columns}
"""
_EXAMPLE = """told = json.loads((HERE / {path!r}).read_text(encoding="utf-8"))
inputs = pd.DataFrame(told["data"], columns=told["columns"])
"""


def on_rows(saved: Saved, words: str, *, path: str, target: str) -> str:
    """The script for the product's own rows."""
    names = [one.name for one in saved.inputs]
    columns = f"[{names!r}]" if names else f".drop(columns=[{target!r}]).to_numpy()"
    reader, more = "read_csv", ""
    suffix = PurePath(path).suffix.lower()
    if suffix == ".tsv":
        more = ', sep="\\t"'
    elif suffix == ".parquet":
        reader = "read_parquet"
    elif suffix in {".xlsx", ".xls"}:
        reader = "read_excel"
    rows = _ROWS.format(reader=reader, path=path, more=more, target=target, columns=columns)
    return _written(saved, words, rows, f"print(model.score(inputs, rows[{target!r}]))", more=())


def on_example(saved: Saved, words: str) -> str:
    """The script for the example that was saved with the model; what it answers is what it is held to."""
    rows = _EXAMPLE.format(path=f"{MODEL_FOLDER}/{saved.example}")
    last = "answers = model.predict(inputs)\nprint(model.score(inputs, answers))"
    return _written(saved, words, rows, last, more=("json",))


def _written(saved: Saved, words: str, rows: str, last: str, *, more: Sequence[str]) -> str:
    module, opening = _opening(saved)
    standard = [f"import {name}" for name in sorted({*more, module} & STANDARD)]
    others = {"pandas as pd", *({module} - STANDARD)}
    # what is only named inside the saved file has to be installed all the same
    others |= {
        f"{name}  # noqa: F401 - the saved model needs it" for name in NEEDS[saved.flavour] if name != module
    }
    imports = "\n".join(
        [*standard, "from pathlib import Path", "", *(f"import {n}" for n in sorted(others)), ""]
    )
    # a name that closes the docstring would be code
    told = words.replace("\\", "/").replace('"', "'")
    return _HEAD.format(words=" ".join(told.split()), imports=imports) + opening + rows + last + "\n"


def _opening(saved: Saved) -> tuple[str, str]:
    """What is imported, and the statements that give `model`."""
    file = f"HERE / {f'{MODEL_FOLDER}/{saved.file}'!r}"
    match saved.form:
        case "skops":
            trusted = "skops.io.get_untrusted_types(file=MODEL)"
            words = "# every name in it was held against a list before\n"
            return (
                "skops.io",
                f"MODEL = {file}\n{words}model = skops.io.load(MODEL, trusted={trusted})\n",
            )
        case "xgboost":
            made = f"model = {saved.flavour}.{saved.estimator}()\n"
            return saved.flavour, f"{made}model.load_model({file})\n"
        case _:
            return "pickle", f"with open({file}, 'rb') as stream:\n    model = pickle.load(stream)\n"
