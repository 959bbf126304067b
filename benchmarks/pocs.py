"""What becomes of every folder in CAUSEWAY_POCS: init, check, run, and where that works ship and one request.

    CAUSEWAY_POCS=/folder/of/pocs python benchmarks/pocs.py [--into FOLDER] [NAME ...]

Works on copies in --into (a scratch folder without it); copies that are there already go on where they
stopped. Writes pocs.json and pocs.md there, a line each. Folders that were not asked for keep their line.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

SECONDS = 1500
FIGURES = ("contract", "honest", "claim", "gate", "compiled", "parity", "size")


def main() -> None:
    root = os.environ.get("CAUSEWAY_POCS", "")
    if not Path(root).is_dir():
        sys.exit("set CAUSEWAY_POCS to a folder of proofs of concept")
    asked = argparse.ArgumentParser()
    asked.add_argument("names", nargs="*")
    asked.add_argument("--into", type=Path)
    options = asked.parse_args()
    into = options.into or Path(tempfile.mkdtemp(prefix="causeway-pocs-"))
    into.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("CAUSEWAY_KEYS", str(into / ".keys"))
    names = options.names or sorted(path.name for path in Path(root).iterdir() if path.is_dir())
    told = into / "pocs.json"
    lines = json.loads(told.read_text()) if told.is_file() else {}
    for name in names:
        if not (into / name).is_dir():
            shutil.copytree(Path(root, name), into / name)
        lines[name] = outcome(into / name)
        told.write_text(json.dumps(lines, indent=1, sort_keys=True))
        (into / "pocs.md").write_text(markdown(lines))
        print(f"{name}: {lines[name]['came']} ({lines[name]['seconds']:.0f} s)", flush=True)
    print(markdown(lines))


def outcome(folder: Path) -> dict[str, object]:
    cause("init", folder)
    _, report = cause("check", folder)
    line = {"sentence": report["sentence"], **dict.fromkeys(FIGURES, ""), "request": ""}
    started = time.perf_counter()
    code, made = cause("run", folder)
    line["seconds"] = time.perf_counter() - started
    if code:
        line["came"] = f"exit code {code}: {told_by(made)}"
        return line
    # a run that was made before took as long as its stages did
    line["seconds"] = max(line["seconds"], sum(stage["seconds"] for stage in made["stages"]))
    line |= figures(made)
    code, shipped = cause("ship", folder, "--yes")
    leaks = [each["code"] for each in shipped.get("judgement", {}).get("blocking", ())]
    line["came"] = "release, live" if not code else f"release; ship refuses it: {told_by(shipped)}"
    if leaks:
        line["gate"] = ", ".join(leaks)
        line["came"] = f"release; ship refuses it for {', '.join(leaks)}"
    if code and set(leaks) <= {"LEAK-SPLIT", "LEAK-ROWS"}:
        taken_on = [word for leak in leaks for word in ("--waive", leak)]
        code, shipped = cause("ship", folder, "--yes", *taken_on, "--because", "both figures were seen")
        line["came"] = f"release; ship refuses it for {', '.join(leaks)}; live once that is waived"
    if not code:
        line["request"] = scored(folder, shipped)
    return line


def figures(made: dict) -> dict[str, str]:
    """The FIGURES of a release."""
    seen, parity = made["evaluation"], made["parity"]
    facts = {stage["stage"]: stage["fact"] for stage in made["stages"]}
    speed = made.get("speed")
    by_worker = f"no: {made['not_compiled']}" if made.get("not_compiled") else "yes"
    size = sum(file.stat().st_size for file in Path(made["bundle"]).rglob("*") if file.is_file())
    claim = f"{seen['claimed']:.2f} {seen['claimed_how']}" if seen.get("claimed") is not None else "none"
    return {
        "honest": f"{seen['metric']} {seen['value']:.3f} ({seen['low']:.3f} to {seen['high']:.3f}), "
        f"trivial {seen['baseline']:.3f}",
        "claim": claim,
        "contract": facts["contract"],
        "gate": ", ".join(made["blocks"]) or "open",
        "compiled": by_worker + (f" ({speed['one_row_ms']:.2g} ms a row)" if speed else ""),
        "parity": f"{parity['rows_equal']}/{parity['rows']}, {parity['largest_difference']:.1e}",
        "size": f"{size / 1e6:.1f} MB",
    }


def told_by(error: dict) -> str:
    where = f" [{error['where']}]" if error.get("where") else ""
    return f"{error['error'].rstrip('.')}{where}. Remedy: {error['hint']}"


def scored(folder: Path, shipped: dict) -> str:
    """The answer to the example row, through a gateway that runs just for it."""
    token = shipped["token"] or cause("key", "issue", "benchmark", "--folder", folder)[1]["token"]
    command = [sys.executable, "-m", "causeway", "up", str(folder), "--json"]
    with subprocess.Popen(
        [*command, "--port", "0", "--console-port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as up:
        try:
            gateway = json.loads(up.stdout.readline())["gateway"]
            product = shipped["plan"]["product"]
            body = json.dumps({"dataframe_records": [shipped["plan"]["example"]]}).encode()
            request = urllib.request.Request(f"{gateway}/products/{product}/invocations", data=body)  # noqa: S310 - our own address
            request.add_header("content-type", "application/json")
            request.add_header("authorization", f"Bearer {token}")
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - the same
                return json.dumps(json.load(answer)["predictions"][0])
        finally:
            up.terminate()
            up.wait(30)


def cause(*arguments: object) -> tuple[int, dict]:
    told = subprocess.run(
        [sys.executable, "-m", "causeway", *map(str, arguments), "--json"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    return told.returncode, json.loads(told.stdout)


def markdown(lines: dict[str, dict]) -> str:
    titles = ("folder", "sentence", "what came of it", *FIGURES, "s")
    keys = ("sentence", "came", *FIGURES)
    table = [f"| {' | '.join(titles)} |", "|" + "---|" * len(titles)]
    for name, line in sorted(lines.items()):
        cells = [name, *(str(line[key]).replace("|", "\\|") for key in keys), f"{line['seconds']:.0f}"]
        table.append(f"| {' | '.join(cells)} |")
    return "\n".join(table) + "\n"


if __name__ == "__main__":
    main()
