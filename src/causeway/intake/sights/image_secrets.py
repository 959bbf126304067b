"""Files with keys that an image takes along because the whole folder is copied into it."""

import fnmatch
import posixpath
import re
from collections.abc import Iterable, Iterator

from causeway.core.finding import Evidence
from causeway.core.poc import Sighting
from causeway.intake.environment.dockerfiles import Context, Image
from causeway.intake.files.text import read_text
from causeway.intake.files.walk import Entry
from causeway.intake.python.code import Code

MAX_BYTES = 100_000
_ENVIRONMENT = re.compile(r"^\.env(?:\.(?:local|prod|production|dev|development|staging))?$")
_KEYS = re.compile(
    r"(?im)^\s*(?:export\s+)?\w*(?:secret|passw(?:or)?d|api_?key|access_?key|token|credential)\w*\s*=\s*[\"']?[^\s\"'#]{4,}"
)


def copied_secrets(
    image: Image, context: Context, entries: Iterable[Entry], codes: Iterable[Code]
) -> Iterator[Sighting]:
    """The first file with keys that the last stage takes, or the `.env` that the code would read there."""
    whole = [line for sources, line in image.copied if line > image.base_at and {".", "./"} & set(sources)]
    if not whole:
        return
    listed = list(entries)
    left_out = _left_out(image, context, listed)
    inside = f"{context.folder.strip('/')}/" if context.folder.strip("/.") else ""
    at = Evidence(image.path, line=whole[0])
    for entry in listed:
        if (
            entry.path.startswith(inside)
            and _holds_keys(entry)
            and not _ignored(entry.path[len(inside) :], left_out)
        ):
            yield Sighting("copied_secret", entry.path, at, "there")
            return
    reads = (code for code in codes if code.notebook is None and code.path.startswith(inside))
    if not _ignored(".env", left_out) and any(
        "load_dotenv(" in b.text for code in reads for b in code.blocks
    ):
        yield Sighting("copied_secret", ".env", at)


def _holds_keys(entry: Entry) -> bool:
    if _ENVIRONMENT.match(entry.name) and entry.size < MAX_BYTES:
        return bool(_KEYS.search(read_text(entry.full, MAX_BYTES).text))
    return entry.suffix in {".pem", ".key"} and b"PRIVATE KEY" in entry.head


def _left_out(image: Image, context: Context, entries: list[Entry]) -> list[str]:
    places = {
        posixpath.normpath(posixpath.join(context.folder, ".dockerignore")),
        f"{image.path}.dockerignore",
    }
    texts = [read_text(entry.full, MAX_BYTES).text for entry in entries if entry.path in places]
    return [line.strip() for text in texts for line in text.splitlines() if line.strip()[:1] not in {"", "#"}]


def _ignored(path: str, patterns: list[str]) -> bool:
    """Whether the last pattern that fits leaves the file out."""
    out = False
    for pattern in patterns:
        plain = pattern.removeprefix("!").strip("/").removeprefix("**/")
        if any(fnmatch.fnmatch(one, plain) for one in (path, path.rsplit("/", 1)[-1], path.split("/", 1)[0])):
            out = not pattern.startswith("!")
    return out
