"""A first test file that holds on to what this very folder rests on: its data, its model, its code."""

import ast
import codecs
import csv
import hashlib
import io
from collections.abc import Iterator, Sequence

from causeway.actions.fix.change import Left, Mend
from causeway.actions.fix.site import Site, inside
from causeway.core.poc import DataFile
from causeway.intake.python.trees import nodes_in

FILE = "tests/test_poc.py"
WIDTH = 88
MOST_MODELS = 5
MOST_VALUES = 12
MAX_MODEL_BYTES = 200_000_000
MAX_READ_BYTES = 20_000_000
HEAD_BYTES = 1 << 17
TABLES = {"CSV": ",", "TSV": "\t"}
HEAD = '''"""What this proof of concept rests on: its data, its saved model, its code."""

{imports}

ROOT = Path(__file__).resolve().parents[1]
'''
COLUMNS = """
DATA = ROOT / {path}
COLUMNS = {columns}


def test_data_has_the_columns_that_the_training_reads():
    with DATA.open(encoding={encoding}, newline="") as file:
        header = next(csv.reader(file{delimiter}))
    assert [name for name in COLUMNS if name not in header] == []
"""
WIDTH_ONLY = """
DATA = ROOT / {path}


def test_every_record_has_{count}_fields():
    with DATA.open(encoding={encoding}, newline="") as file:
        assert {{len(row) for row in csv.reader(file{delimiter}) if row}} == {{{count}}}
"""
VALUES = """

KNOWN = {values}


def test_target_holds_only_known_values():
    with DATA.open(encoding={encoding}, newline="") as file:
        seen = {{row[{target}] for row in csv.DictReader(file{delimiter})}}
    assert seen <= KNOWN
"""
MODELS = """
# a model that was trained again has another digest: write it down together with the model
MODELS = {models}


def test_saved_model_is_the_one_that_was_tested():
    for name, digest in MODELS.items():
        assert hashlib.sha256((ROOT / name).read_bytes()).hexdigest() == digest, name
"""
IMPORTED = """

def test_{name}_can_be_imported(monkeypatch):
    monkeypatch.syspath_prepend({folder})
    module = importlib.import_module("{module}")
    assert callable(module.{function})
"""
PARSED = """
SCRIPTS = {scripts}


def test_every_script_parses():
    for name in SCRIPTS:
        assert isinstance(ast.parse((ROOT / name).read_bytes()), ast.Module), name
"""
NOTEBOOKS = """
NOTEBOOKS = {notebooks}


def test_every_notebook_is_whole():
    for name in NOTEBOOKS:
        assert json.loads((ROOT / name).read_text(encoding="utf-8"))["cells"], name
"""


def mend(site: Site) -> Mend:
    """The file of tests, where there is no test that asserts anything."""
    if site.poc.presence.tests:
        return Mend("tests")
    if "Python" not in site.poc.languages:
        return Mend("tests", left=(Left("tests are written for Python only"),))
    parts = [*_of_data(site), *_of_models(site), *_of_modules(site), *_of_scripts(site)]
    if not parts:
        return Mend("tests", left=(Left("there is no data, model or script that a test could hold on to"),))
    text = HEAD.format(imports=_imports(parts)) + "\n" + "\n\n".join(part.lstrip("\n") for part in parts)
    change = site.change(FILE, text.encode())
    return Mend("tests", (change,) if change else ())


def quoted(text: str) -> str:
    """The text as a Python literal in double quotes where that needs no escapes."""
    plain = repr(text)
    return f'"{plain[1:-1]}"' if plain[0] == "'" and '"' not in plain else plain


def _imports(parts: Sequence[str]) -> str:
    text = "".join(parts)
    used = [name for name in ("ast", "csv", "hashlib", "importlib", "json") if f"{name}." in text]
    return "\n".join([*(f"import {name}" for name in used), "from pathlib import Path"])


def _of_data(site: Site) -> Iterator[str]:
    file = site.poc.training_file() or next((one for one in site.poc.data if one.format in TABLES), None)
    if file is None or file.format not in TABLES or not file.columns or file.problem:
        return
    delimiter = file.delimiter or TABLES[file.format]
    encoding = "utf-8-sig" if file.encoding in {"utf-8", "utf-8-sig"} else file.encoding or "utf-8"
    rows = _rows(site, file, encoding=encoding, delimiter=delimiter)
    place = {
        "path": quoted(file.path),
        "encoding": quoted(encoding),
        "delimiter": "" if delimiter == "," else f", delimiter={delimiter!r}",
    }
    if not file.header:
        if file.bytes <= MAX_READ_BYTES and {len(row) for row in rows if row} == {len(file.columns)}:
            yield WIDTH_ONLY.format(count=len(file.columns), **place)
        return
    header = rows[0] if rows else []
    read = {name.strip() for name in _read(site, file)}
    names = [name for name in header if name.strip() in read]
    if not names:
        return
    yield COLUMNS.format(columns=_listed([quoted(name) for name in names], "[]"), **place)
    target = file.column(site.poc.target.value)
    column = next((n for n, name in enumerate(header) if target and name == target.name), None)
    if target is None or column is None or file.bytes > MAX_READ_BYTES or len(header) != len(set(header)):
        return
    known = {row[column] if column < len(row) else None for row in rows[1:] if row}
    if 1 < len(known) <= MOST_VALUES and None not in known:
        values = _listed(
            [quoted(value) for value in sorted(value for value in known if value is not None)], "{}"
        )
        yield VALUES.format(target=quoted(target.name), values=values, **place)


def _rows(site: Site, file: DataFile, *, encoding: str, delimiter: str) -> list[list[str]]:
    """What the test itself will read, so that it holds from the first day; of a large file the beginning."""
    most = HEAD_BYTES if site.wish.sketch or file.bytes > MAX_READ_BYTES else MAX_READ_BYTES
    try:
        with inside(site.folder, file.path).open("rb") as stream:
            text = codecs.getincrementaldecoder(encoding)().decode(stream.read(most))
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except (OSError, UnicodeError, LookupError, csv.Error):
        return []
    # the last one may be cut
    return rows if file.bytes <= most else rows[:-1]


def _read(site: Site, file: DataFile) -> list[str]:
    """The columns that the training is known to use; all of them where that is not known."""
    used = {*site.poc.features, site.poc.target.value}
    names = [name for name in file.names if name in used] if site.poc.features else []
    return names or list(file.names)


def _of_models(site: Site) -> Iterator[str]:
    models = [
        one
        for one in site.poc.models
        if one.bytes < MAX_MODEL_BYTES and not one.problem and "/mlruns/" not in f"/{one.path}"
    ]
    rows = []
    for model in models[:MOST_MODELS]:
        # a large model is not read only to tell how long the file of tests would be
        content = b"" if site.wish.sketch else site.read(model.path) or b""
        rows.append(f"{quoted(model.path)}: {quoted(hashlib.sha256(content).hexdigest())}")
    if rows:
        yield MODELS.format(models="{\n" + "".join(f"    {row},\n" for row in rows) + "}")


def _of_modules(site: Site) -> Iterator[str]:
    """Modules that do nothing but define things when they are imported."""
    seen: set[str] = set()
    for file in site.codes(".py"):
        stem = file.path.rsplit("/", 1)[-1].removesuffix(".py")
        functions = [
            n.name
            for n in file.pieces[0].tree.body
            if isinstance(n, ast.FunctionDef) and not n.name.startswith("_")
        ]
        # of two that share a name Python would import one
        if (
            functions
            and stem.isidentifier()
            and stem not in seen
            and all(_only_defines(n) for n in file.pieces[0].tree.body)
        ):
            seen.add(stem)
            folder = f"ROOT / {quoted(file.path.rpartition('/')[0])}" if "/" in file.path else "ROOT"
            yield IMPORTED.format(name=stem, folder=folder, module=stem, function=functions[0])


def _only_defines(node: ast.stmt) -> bool:
    match node:
        case ast.ImportFrom(level=level) if level:
            return False
        case ast.Import() | ast.ImportFrom() | ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return not getattr(node, "decorator_list", [])
        case ast.Assign(value=value) | ast.Expr(value=value):
            return not any(isinstance(part, ast.Call | ast.Subscript) for part in nodes_in(value))
        case ast.If(test=ast.Compare(left=ast.Name(id="__name__"))):
            return True
        case _:
            return False


def _of_scripts(site: Site) -> Iterator[str]:
    scripts = [file.path for file in site.codes(".py")]
    if scripts:
        yield PARSED.format(scripts=_listed([quoted(path) for path in scripts], "[]"))
    notebooks = [one.path for one in site.poc.notebooks if not one.problem]
    if notebooks:
        yield NOTEBOOKS.format(notebooks=_listed([quoted(path) for path in notebooks], "[]"))


def _listed(items: Sequence[str], brackets: str) -> str:
    """A list or set on one line where it fits, else one item a line."""
    line = f"{brackets[0]}{', '.join(items)}{brackets[1]}"
    if len(line) + 12 <= WIDTH:
        return line
    return brackets[0] + "\n" + "".join(f"    {item},\n" for item in items) + brackets[1]
