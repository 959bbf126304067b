"""Where a source lies: its address, its password from where the manifest says, and how to tell of it."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, quote_plus, unquote, urlsplit, urlunsplit

from causeway.core.errors import NotFound, OutsideError, UsageError, remedy
from causeway.core.manifest import DataPart
from causeway.core.manifest_sources import is_database

_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]+:")
FILE, SQLITE, POSTGRES, DATABASE, STORE = "file", "sqlite", "postgresql", "database", "store"
MAX_SECRET_BYTES = 64 << 10


@dataclass(frozen=True, slots=True)
class Place:
    """An address that can be opened; `told` is it for people, without user or options."""

    kind: str
    url: str
    told: str
    path: Path | None = None
    query: str = ""
    table: str = ""
    secret: str = field(default="", repr=False)

    def failed(self, error: BaseException, *, hint: str = "") -> OutsideError:
        """What the place answered, on one line and without the password."""
        return OutsideError(
            f"{self.told} cannot be read: {self.harmless(str(error))}",
            hint=hint or "check that it is there, that it answers, and that the account may read",
        )

    def harmless(self, text: str) -> str:
        """The first line of this text without the password, however it is written."""
        line = next(iter(text.strip().splitlines()), "").strip()
        for hidden in sorted(_spellings(self.secret), key=len, reverse=True):
            line = line.replace(hidden, "***")
        return re.sub(r"//[^/@\s]*@", "//", line) or "it said nothing"


def place_of(part: DataPart, folder: Path, *, environment: Mapping[str, str] | None = None) -> Place:
    """Where this source lies; a relative path starts at the manifest's folder."""
    origin = part.origin or part.path
    secret = read_secret(part.secret, folder, environment=os.environ if environment is None else environment)
    if is_database(origin):
        return _database(part, origin, folder, secret)
    if part.query or part.table:
        raise UsageError(
            f"{part.name} names a query, and {_told(origin)} is no database",
            hint="take `query` and `table` out, or name the database: from = ...",
        )
    if origin.lower().startswith("file:"):
        path = Path(unquote(urlsplit(origin).path))
        return Place(FILE, origin, str(path), path)
    if _SCHEME.match(origin) and not Path(folder / origin).exists():
        return Place(STORE, origin, _told(origin), secret=secret)
    return Place(FILE, origin, origin, (folder / origin).resolve())


def read_secret(reference: str, folder: Path, *, environment: Mapping[str, str]) -> str:
    """What lies where the reference points; empty for no reference."""
    kind, _, name = reference.partition(":")
    if not reference:
        return ""
    if kind == "env":
        if not environment.get(name):
            raise NotFound(f"the secret {reference} is not set", hint=f"export {name}=..., then repeat")
        return environment[name]
    try:
        with (folder / name).expanduser().open("rb") as stream:
            return stream.read(MAX_SECRET_BYTES).decode("utf-8").strip()
    except UnicodeDecodeError as error:
        raise UsageError(f"the secret {reference} is not UTF-8 text", hint="save it as UTF-8") from error
    except OSError as error:
        raise OutsideError(
            f"the secret {reference} cannot be read: {error.strerror}", hint=remedy(error)
        ) from error


def _database(part: DataPart, origin: str, folder: Path, secret: str) -> Place:
    scheme = origin.partition(":")[0].lower()
    if scheme == "sqlite":
        path = (folder / unquote(urlsplit(origin).path.removeprefix("/"))).resolve()
        return Place(SQLITE, origin, str(path), path, part.query, part.table)
    kind = POSTGRES if scheme in {"postgresql", "postgres"} else DATABASE
    return Place(kind, origin, _told(origin), None, part.query, part.table, secret)


def _told(origin: str) -> str:
    """The address without user, password, options and fragment."""
    split = urlsplit(origin)
    return urlunsplit((split.scheme, split.netloc.rpartition("@")[2], split.path, "", ""))


def _spellings(secret: str) -> set[str]:
    """The secret and its parts, as drivers may repeat them."""
    parts = {secret, *re.findall(r'"([^"]{4,})"', secret)} if secret.startswith("{") else {secret}
    return {
        form
        for part in parts
        if part
        for form in (part, quote(part, safe=""), quote_plus(part), repr(part)[1:-1])
    }
