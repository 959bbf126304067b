"""The proof of concept's own function from raw rows to the model's columns: its texts, and what it makes."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from causeway.adapters.pythons.requirements import local_modules
from causeway.adapters.runs.cases import MAX_ANSWER_BYTES, write_column
from causeway.adapters.runs.runners import run_script
from causeway.adapters.runs.traces import read_column
from causeway.core.answers import Featured
from causeway.core.environment import Environment, Limits
from causeway.core.errors import NotFound, OutsideError, Refused
from causeway.core.release import Field
from causeway.core.table import Table
from causeway.core.trace import TracedColumn

Value = str | float | int | bool | None


class _Raw(Struct):
    columns: tuple[TracedColumn, ...]
    dependent: tuple[str, ...]
    reads: tuple[str, ...]
    example: bool


def function_texts(folder: Path, function: str) -> dict[str, str]:
    """The module that holds this `module:function` and the local modules that it imports, path to text."""
    folder = folder.resolve()
    stem = folder.joinpath(*function.partition(":")[0].split("."))
    module = next((p for p in (stem.with_name(f"{stem.name}.py"), stem / "__init__.py") if p.is_file()), None)
    if module is None:
        raise NotFound(
            f"[model] features names {function}, and there is no {stem.relative_to(folder)}.py",
            where=str(folder),
            hint='name a function of a module in this folder: [model] features = "module:function"',
        )
    try:
        paths = local_modules(folder, module)
        return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8-sig") for path in paths}
    except (OSError, UnicodeDecodeError) as error:
        raise OutsideError(f"the module of {function} cannot be read: {error}", where=str(module)) from error


def apply_function(
    environment: Environment,
    function: str,
    texts: Mapping[str, str],
    scratch: Path,
    *,
    fields: Sequence[Field],
    table: Table,
    columns: Sequence[str],
    example: Mapping[str, Value],
) -> Featured:
    """What the function makes of this table in the proof of concept's own environment."""
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="features-", dir=scratch, ignore_cleanup_errors=True) as made:
        into = Path(made).resolve()
        request = {
            "function": function,
            "texts": texts,
            "fields": [{"name": f.name, "kind": f.kind, "required": f.required} for f in fields],
            "columns": columns,
            "table": [
                write_column(into / f"raw{i}", name, column)
                for i, (name, column) in enumerate(table.columns.items())
            ],
            "example": example,
            "scratch": str(into),
            "out": str(into),
            "limit_bytes": MAX_ANSWER_BYTES,
        }
        try:
            _, content = run_script(
                "features", request, environment=environment, scratch=into, limits=Limits(), what=function
            )
        except OutsideError as error:
            if " failed: " not in error.message:
                raise
            raise Refused(
                error.message.replace("Failed: ", "", 1),
                where="causeway.toml: [model] features",
                hint="it gets the raw columns without the target, and nothing of the folder but the modules "
                "that it imports",
            ) from error
        raw = msgspec.json.decode(content, type=_Raw)
        cells = {column.name: read_column(into, column) for column in raw.columns}
        return Featured(Table(cells), raw.dependent, raw.reads, raw.example)
