"""How long the command takes to speak, and how large an install is.

    python benchmarks/startup.py [--json]

Start-up is the median of 15 runs of `causeway --help` beside a bare `python -c pass` of the same
interpreter, in turn; sizes are those of this interpreter's site-packages.
"""

import json
import statistics
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

RUNS = 15


def seconds(command: list[str]) -> float:
    begin = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begin


def megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def main() -> None:
    bare, ours = [], []
    for _ in range(RUNS):
        bare.append(seconds([sys.executable, "-c", "pass"]))
        ours.append(seconds([sys.executable, "-m", "causeway", "--help"]))
    packages = Path(sysconfig.get_paths()["purelib"])
    result = {
        "python_seconds": round(statistics.median(bare), 3),
        "help_seconds": round(statistics.median(ours), 3),
        "ratio": round(statistics.median(ours) / statistics.median(bare), 1),
        "packages": len(list(packages.glob("*.dist-info"))),
        "megabytes": round(megabytes(packages)),
    }
    if "--json" in sys.argv:
        print(json.dumps(result))
        return
    print(f"python -c pass      {result['python_seconds']:.3f} s (median of {RUNS})")
    print(f"causeway --help     {result['help_seconds']:.3f} s, {result['ratio']} times that")
    print(f"packages installed  {result['packages']}, {result['megabytes']} MB with compiled files")


main()
