"""A ledger as lines of JSON, and the stand-alone script that checks them."""

import ast
import inspect
from collections.abc import Iterable, Iterator

from causeway.core.errors import UsageError
from causeway.core.ids import canonical_json
from causeway.ledger import chain, ed25519, verifier
from causeway.ledger.chain import Checkpoint, Row
from causeway.ledger.verifier import Export

KIND = "causeway.export"
FORMAT = 1


def export_lines(
    rows: Iterable[Row], checkpoints: Iterable[Checkpoint], keys: dict[str, str]
) -> Iterator[bytes]:
    """The lines of an export; it holds no personal data. `keys` are public, by id, in PEM."""
    yield _line(KIND, {"format": FORMAT})
    for key_id, public_key in sorted(keys.items()):
        yield _line("key", {"key_id": key_id, "public_key": public_key})
    for row in rows:
        yield _line("event", row._asdict())
    for checkpoint in checkpoints:
        yield _line("checkpoint", checkpoint._asdict())
    yield _line("end", {})


def read_export(lines: Iterable[str], *, where: str) -> Export:
    """What the lines of a whole export hold."""
    try:
        held = verifier.read_export(lines)
    except ValueError as error:
        raise UsageError(
            str(error), where=where, hint="give a file that Causeway wrote, unchanged"
        ) from error
    if not held.complete:
        raise UsageError(
            "the export is cut short: its last line is missing", where=where, hint="copy it again"
        )
    return held


def verifier_script() -> str:
    """The source of a script that checks an export without Causeway: our own modules, one after the other."""
    return "\n\n".join(
        _without_our_imports(inspect.getsource(module)) for module in (ed25519, chain, verifier)
    )


def _line(kind: str, fields: dict[str, str | int]) -> bytes:
    return canonical_json({"kind": kind, **fields}) + b"\n"


def _without_our_imports(source: str) -> str:
    lines = source.splitlines()
    for node in ast.parse(source).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("causeway"):
            end = node.end_lineno or node.lineno
            lines[node.lineno - 1 : end] = [""] * (end - node.lineno + 1)
    return "\n".join(lines).strip() + "\n"
