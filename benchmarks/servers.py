"""Memory of the idle servers: control plane with console, and gateway.

    python benchmarks/servers.py [FOLDER] [--json]

Starts `causeway up` for FOLDER (an empty workspace without one), waits until both answer, and reads each
process's resident and proportional memory from the kernel. With a FOLDER that has a live release, the
gateway holds its model.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

CAUSEWAY = [sys.executable, "-m", "causeway"]


def memory(pid: int) -> dict[str, float]:
    """Megabytes of one process, as the kernel counts them."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in lines}
    return {"rss_mb": round(kilobytes["Rss"] / 1e3, 1), "pss_mb": round(kilobytes["Pss"] / 1e3, 1)}


def measure(folder: Path) -> dict[str, dict[str, float]]:
    ports = ["--port", "0", "--console-port", "0"]
    subprocess.run([*CAUSEWAY, "up", str(folder), "--background", *ports], check=True, capture_output=True)
    try:
        here = json.loads((folder / ".causeway" / "up.json").read_text())
        return {"control plane": memory(here["pid"]), "gateway": memory(here["gateway_pid"])}
    finally:
        subprocess.run([*CAUSEWAY, "up", str(folder), "--stop"], check=True, capture_output=True)


def main() -> None:
    named = [Path(word) for word in sys.argv[1:] if not word.startswith("--")]
    with tempfile.TemporaryDirectory() as scratch:
        result = measure(named[0] if named else Path(scratch))
    if "--json" in sys.argv:
        print(json.dumps(result))
        return
    for name, used in result.items():
        print(f"{name:<15}{used['rss_mb']:>7} MB resident {used['pss_mb']:>7} MB proportional")


main()
