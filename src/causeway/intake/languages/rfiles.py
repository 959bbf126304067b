"""Which files R code reads and writes: those of one machine, and those that the folder does not have."""

import re
from collections.abc import Iterable, Iterator

from causeway.core.poc import Sighting
from causeway.intake.languages.rsyntax import Call, RText, literals
from causeway.intake.paths import Files, absolute

READS = frozenset(
    {
        "read.csv", "read.csv2", "read.table", "read.delim", "read_csv", "read_csv2", "read_tsv",
        "read_delim", "read_excel", "read.xlsx", "read_xlsx", "read_parquet", "read_feather", "read_rds",
        "readRDS", "fread", "load", "read.dta", "read_dta", "read_sav", "read.spss", "vroom",
        "read.transactions", "fromJSON", "xgb.load", "load_model_hdf5",
    }
)  # fmt: skip
WRITES = frozenset(
    {
        "write.csv", "write.csv2", "write.table", "write_csv", "write_tsv", "write_rds", "saveRDS", "save",
        "fwrite", "write.xlsx", "write_xlsx", "write_parquet", "write_feather", "ggsave", "png", "pdf",
        "sink", "save.image", "xgb.save", "download.file", "file.create", "writeLines", "write",
        "save_model_hdf5",
    }
)  # fmt: skip
KEEPS = frozenset(
    {
        "saveRDS", "save", "save.image", "write_rds", "xgb.save", "save_model_hdf5", "dump", "lgb.save",
        "h2o.saveModel", "h2o.save_mojo", "h2o.download_mojo",
    }
)  # fmt: skip
_PLACES = READS | WRITES | {"setwd", "source", "file.path", "here"}
_FILE = ("file", "path", "con", "destfile", "filename", "input")
_NOT_HERE = re.compile(r"://|[{*?]|^[A-Za-z]:[\\/]|^(?:/|~)")


def read_in(text: RText, expression: str, before: int) -> str:
    """The file that the expression's table was read from, as far as assignments tell; empty if not."""
    for start, right in ((before, expression), *text.origins(expression, before)):
        for call in text.calls():
            inside = call.position >= start and call.position < start + len(right) + 400
            if call.name in READS and inside and call.name in right and (path := path_of(text, call)):
                return path
    return ""


def first_read(text: RText) -> str:
    """The first file of records that is read."""
    return next((path for call in text.calls() if call.name in READS and (path := path_of(text, call))), "")


def path_of(text: RText, call: Call) -> str:
    """The file that a call names: a constant, or pieces joined, by itself or through a name."""
    given = next((call.named[key] for key in _FILE if key in call.named), "")
    given = given or _first_path(call)
    for _ in range(3):
        if re.match(r"(?:[\w.]+::)?(?:file\.path|here)\(", given):
            return "/".join(literals(given))
        if given[:1] in {'"', "'"}:
            return next(iter(literals(given)), "")
        made = text.made(given, call.position) if re.fullmatch(r"[\w.]+", given) else None
        if made is None:
            return ""
        given = made[1].strip()
    return ""


def _first_path(call: Call) -> str:
    """What is written comes first in a call that writes, its place second."""
    constants = [part for part in call.plain if part[:1] in {'"', "'"} or "file.path(" in part]
    return constants[0] if constants else call.plain[-1] if call.plain and call.name in READS else ""


def absolute_in(text: RText) -> Iterator[Sighting]:
    """Constants in calls that read, write or change the folder, which name a place on one machine."""
    for call in text.calls():
        if call.name in _PLACES:
            for written in literals(" ".join([*call.plain, *(call.named.get(key, "") for key in _FILE)])):
                if absolute(written):
                    yield Sighting("absolute_path", written, text.at(call.position))


def missing_in(texts: Iterable[RText], files: Files) -> Iterator[Sighting]:
    """Reads of files that neither the folder has nor any of its R writes."""
    texts = list(texts)
    made = {_name(path) for text in texts for call in text.calls() if call.name in WRITES
            for path in (path_of(text, call), *literals(" ".join(call.plain)))}  # fmt: skip
    for text in texts:
        told: set[str] = set()
        for call in text.calls():
            path = path_of(text, call) if call.name in READS else ""
            named = "." in _name(path) and not _NOT_HERE.search(path)
            if named and path not in told and _name(path) not in made and not files.resolve(path, text.path):
                told.add(path)
                yield Sighting("missing_file", path, text.at(call.position))


def _name(path: str) -> str:
    return path.replace("\\", "/").rsplit("/", 1)[-1]
