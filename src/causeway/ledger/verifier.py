"""Checks an exported Causeway ledger with nothing but Python's standard library (3.11 or later).

python -I -S verify.py export.jsonl [--anchor anchor.json] [--key public.pem] [--json]
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from causeway.ledger.chain import Anchor, Checkpoint, Row, Verdict, examine
from causeway.ledger.ed25519 import raw_key

Entry = TypeVar("Entry")


class Key(NamedTuple):
    """A public key and its name."""

    key_id: str
    public_key: str


class Export(NamedTuple):
    """What an export file holds; `complete` is false when its last line is missing."""

    rows: list[Row]
    checkpoints: list[Checkpoint]
    keys: dict[str, str]
    complete: bool


def read_export(lines: Iterable[str]) -> Export:
    """What these lines of an export hold; ValueError names the first line that is none."""
    rows: list[Row] = []
    checkpoints: list[Checkpoint] = []
    keys: dict[str, str] = {}
    complete = False
    for number, line in enumerate(lines, 1):
        try:
            entry = json.loads(line)
            kind = entry.pop("kind")
            if kind == "event":
                rows.append(typed(Row, entry))
            elif kind == "checkpoint":
                checkpoints.append(typed(Checkpoint, entry))
            elif kind == "key":
                key = typed(Key, entry)
                keys[key.key_id] = key.public_key
            complete = kind == "end"
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise ValueError(f"line {number} is no line of an export: {error}") from None
    return Export(rows, checkpoints, keys, complete)


def typed(kind: type[Entry], fields: dict[str, Any]) -> Entry:
    """The entry with these fields, each of its own type; TypeError names the first that is not."""
    entry = kind(**fields)
    for name, wanted in kind.__annotations__.items():
        if type(fields[name]) is not wanted:
            raise TypeError(f"{name} is not of type {wanted.__name__}")
    return entry


def read_anchor(text: str) -> Anchor:
    """The anchor that was written as this text; ValueError if it is none."""
    try:
        entry = json.loads(text)
        stamp = typed(Checkpoint, entry["checkpoint"])
        key = typed(Key, {"key_id": stamp.key_id, "public_key": entry["public_key"]})
        return Anchor(stamp, key.public_key)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ValueError(f"not an anchor: {error}") from None


def main(arguments: list[str] | None = None) -> int:
    """Checks the files named on the command line: 0 whole, 1 not whole, 2 not readable."""
    parser = argparse.ArgumentParser(prog="verify.py", description="Checks an exported Causeway ledger.")
    parser.add_argument("export", type=Path, help="what `causeway verify --export FILE` wrote")
    parser.add_argument("--anchor", type=Path, help="a checkpoint kept outside the database")
    parser.add_argument("--key", type=Path, action="append", default=[], help="a public key that you trust")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    asked = parser.parse_args(arguments)
    try:
        verdict = answer(asked.export, anchor=asked.anchor, trusted=asked.key)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    as_dict = {**verdict._asdict(), "bad": verdict.bad and verdict.bad._asdict()}
    sys.stdout.write(json.dumps(as_dict) + "\n" if asked.json else in_words(verdict))
    return 0 if verdict.ok else 1


def answer(export: Path, *, anchor: Path | None, trusted: list[Path]) -> Verdict:
    """The verdict on an export file."""
    with export.open(encoding="utf-8") as lines:
        held = read_export(lines)
    if not held.complete:
        raise ValueError(f"{export} is cut short: its last line is missing")
    pems = [path.read_text(encoding="ascii") for path in trusted]
    keys = {"k-" + hashlib.sha256(raw_key(pem)).hexdigest()[:16]: pem for pem in pems}
    known = read_anchor(anchor.read_text(encoding="utf-8")) if anchor else None
    verdict = examine(held.rows, held.checkpoints, keys=keys or held.keys, anchor=known)
    if verdict.ok and held.keys and not keys:
        verdict.unproven.append(
            f"that the export's own keys are yours: compare {', '.join(sorted(held.keys))}"
        )
    return verdict


def in_words(verdict: Verdict) -> str:
    """The verdict, for a person."""
    if verdict.bad:
        where = f"event {verdict.bad.seq} of {verdict.bad.product} was " if verdict.bad.product else ""
        return f"NOT WHOLE: {where}{verdict.bad.what}: {verdict.bad.detail}\n"
    lines = [f"whole: {verdict.events} events of {verdict.products} products"]
    lines += [f"  proven: {line}" for line in verdict.proven]
    lines += [f"  not proven: {line}" for line in verdict.unproven]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
