"""The one shape of every script: a request file in, a result file out, errors as JSON too."""

import json
import os
import signal
import sys
import traceback

PR_SET_PDEATHSIG = 1
MEGABYTE = 1 << 20
UNIT_OF_MAXRSS = 1 if sys.platform == "darwin" else 1024


def answer(work):
    """Runs `work(request)` on the file named on the command line and writes what it returns."""
    with open(sys.argv[1], encoding="utf-8") as stream:
        request = json.load(stream)
    # our folder must not shadow the proof of concept's own modules
    sys.path.pop(0)
    sys.path.extend(request.get("overlay", []))
    limit(request)
    end_with_parent()
    try:
        result = dict(work(request), ok=True)
    except BaseException as error:
        traceback.print_exc()
        result = {"ok": False, "error": said(error), "kind": type(error).__name__}
    result["peak_bytes"] = peak_bytes()
    write_json(request["result"], result)


def limit(request):
    """Bounds what this process may write, and forbids core dumps, where the platform can."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if request.get("file_bytes"):
        resource.setrlimit(resource.RLIMIT_FSIZE, (request["file_bytes"], request["file_bytes"]))


def end_with_parent():
    """Has the system kill this process when the one that started it dies, where it can (Linux)."""
    if not sys.platform.startswith("linux"):
        return
    try:
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    except (ImportError, OSError, AttributeError):
        return


def peak_bytes():
    """The most memory that this process, or the largest of its children, held."""
    try:
        import resource
    except ImportError:
        return 0
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(w).ru_maxrss for w in who) * UNIT_OF_MAXRSS


def said(error):
    """An exception in one line."""
    name = type(error).__name__
    try:
        text = " ".join(str(error).split())[:500]
    except Exception:
        return name
    return name + ": " + text if text else name


def write_json(path, value):
    """Writes the whole file or nothing."""
    with open(path + ".part", "w", encoding="utf-8") as stream:
        json.dump(value, stream, ensure_ascii=True, default=str)
    os.replace(path + ".part", path)


def packages():
    """Every installed distribution of this interpreter, name to version."""
    from importlib import metadata

    found = {}
    for one in metadata.distributions():
        name = one.metadata["Name"]
        if name and name.lower() not in found:
            found[name.lower()] = one.version
    return dict(sorted(found.items()))
