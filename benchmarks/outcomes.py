"""A line for every folder in CAUSEWAY_POCS: what `check --try` says of it, how much of its truth it found.

    CAUSEWAY_POCS=/folder/of/pocs [CAUSEWAY_TRUTHS=/folder/of/truths] python benchmarks/outcomes.py [MINUTES]

MINUTES (10) are for each training. Prints a table in Markdown; the folders are only read, each is tried on a
copy. Recall and false alarms are counted as benchmarks/intake.py does, without what only trying shows.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from intake import FALSE_ALARMS, SAME, plain

HEAD = (
    "folder",
    "sentence",
    "verdict",
    "top",
    "ran",
    "saved",
    "claimed, honest",
    "served",
    "recall",
    "false alarms",
)


def main() -> None:
    root = os.environ.get("CAUSEWAY_POCS", "")
    if not Path(root).is_dir():
        sys.exit("set CAUSEWAY_POCS to a folder of proofs of concept")
    truths = Path(os.environ.get("CAUSEWAY_TRUTHS", root))
    minutes = sys.argv[1] if len(sys.argv) > 1 else "10"
    print("| " + " | ".join(HEAD) + " |\n|" + "---|" * len(HEAD), flush=True)
    for folder in sorted(path for path in Path(root).iterdir() if path.is_dir()):
        read, tried = checked(folder), checked(folder, "--try", "--minutes", minutes)
        truth = truths / f"{folder.name}.json"
        told = json.loads(truth.read_text(encoding="utf-8")) if truth.is_file() else {}
        cells = (folder.name, *line(read, tried), *scored(told, {each["code"] for each in read["findings"]}))
        print(
            "| " + " | ".join(cell.replace("|", "/").replace("\n", " ") for cell in cells) + " |", flush=True
        )


def checked(folder: Path, *options: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "causeway", "check", str(folder), "--json", *options]
    told = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return json.loads(told.stdout)


def line(read: dict[str, Any], tried: dict[str, Any]) -> tuple[str, ...]:
    counts, trial = read["verdict"], tried["trial"]
    return (
        read["sentence"],
        f"{counts['blockers']}/{counts['fixes']}/{counts['notes']}",
        f"{read['findings'][0]['code']}; tried: {tried['findings'][0]['code']}",
        trial.get("reason") or "; ".join(map(ran, trial.get("entries", ()))),
        "; ".join(f"{each['path']} {each['outcome']}" for each in trial.get("models", ())) or "none",
        measured(trial.get("measured", {})),
        "; ".join(map(served, trial.get("serving", ()))) or "not tried",
    )


def ran(entry: dict[str, Any]) -> str:
    if entry["ended"] and not entry.get("failed"):
        return f"{entry['path']} to its end"
    stopped = f"{entry.get('what') or entry.get('error') or entry.get('stopped', '')}"
    return f"{entry['path']}: {entry.get('where', '')} {stopped}".strip()


def measured(seen: dict[str, Any]) -> str:
    if not (honest := seen.get("evaluation")):
        return seen.get("reason", "not measured")
    claim = (
        f"{honest['claimed']:.3g} ({honest['claimed_how']})"
        if honest.get("claimed") is not None
        else "no claim"
    )
    same = [
        f"{name} {value:.3f} held out"
        for name, value in honest.get("others", {}).items()
        if plain(honest.get("claimed_how", "")).startswith(plain(name))
    ]
    value = f"{honest['metric']} {honest['value']:.3f} ({honest['low']:.3f} to {honest['high']:.3f})"
    leaks = [f"{each['without_it']:.3f} without {each['column']}" for each in seen.get("leaks", ())]
    by = " by a stand-in" if seen.get("stand_in") else ""
    return "; ".join((claim, *same, f"{value}{by}, trivial {honest['baseline']:.3f}", *leaks))


def served(app: dict[str, Any]) -> str:
    agree = f"{app.get('agree', 0)} of {app.get('rows', 0)} rows agree"
    return f"{app['framework']}: {app.get('reason') or agree}"


def scored(truth: dict[str, Any], codes: set[str]) -> tuple[str, str]:
    if not truth:
        return "no truth", "no truth"
    listed = [words.split(":")[0].strip() for words in truth.get("findings", ())]
    found = [name for name in listed if SAME.get(name, {name}) & codes]
    absent = [words.split("(")[0].strip().lower() for words in truth.get("absent", ())]
    alarms = [words for words in absent if FALSE_ALARMS.get(words, set()) & codes]
    return f"{len(found)}/{len(listed)}", ", ".join(alarms) or "none"


if __name__ == "__main__":
    main()
