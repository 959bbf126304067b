"""Runs commands in processes of their own, each forked from this one, which has everything imported already.

usage: apart.py < {"words": [...], ...} a line  > {"code": ..., "out": ..., "err": ...} a line

Forking is what makes dozens of real processes cheap, and lets one of them become nobody although the
interpreter may lie where nobody may read.
"""

import importlib
import json
import os
import pkgutil
import resource
import select
import signal
import sys
import tempfile
import time

import causeway.actions
import causeway.cli
import causeway.gateway
import causeway.ledger
from causeway.adapters import registry
from causeway.cli.main import main

NOBODY = 65534
SECONDS = 60


def import_everything():
    for package in (causeway.actions, causeway.cli, causeway.ledger, causeway.gateway):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    registry.segment_files()
    # what is imported on the way, from a place that nobody may read
    for name in (
        "rich.console",
        "rich.progress",
        "rich.live",
        "colorsys",
        "encodings.idna",
        "encodings.utf_8_sig",
    ):
        importlib.import_module(name)


def run(case):
    """One command in a process of its own; killed after a while where the case says so."""
    pipes = [os.pipe(), os.pipe()]
    child = os.fork()
    if not child:
        become(case, [writing for _, writing in pipes])
    for _, writing in pipes:
        os.close(writing)
    if "kill_after" in case:
        time.sleep(case["kill_after"])
        os.kill(child, signal.SIGKILL)
    out, err = read([reading for reading, _ in pipes])
    _, status = os.waitpid(child, 0)
    return {"code": os.waitstatus_to_exitcode(status), "out": out, "err": err}


def read(pipes):
    said = dict.fromkeys(pipes, b"")
    still = set(pipes)
    while still:
        for pipe in select.select(list(still), [], [])[0]:
            chunk = os.read(pipe, 1 << 16)
            said[pipe] += chunk
            if not chunk:
                still.discard(pipe)
                os.close(pipe)
    return [text.decode(errors="replace") for text in said.values()]


def become(case, pipes):
    """The child: its streams, limits and user as the case says, then the command."""
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(stdout_of(case, pipes[0]), 1)
        os.dup2(pipes[1], 2)
        sys.stdout, sys.stderr = (open(number, "w", closefd=False) for number in (1, 2))  # noqa: SIM115 - the process's own
        if case.get("stdin") == "closed":
            sys.stdin = None
        os.environ.update(case.get("env", {}))
        tempfile.tempdir = None
        if "largest_file" in case:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (case["largest_file"],) * 2)
        if case.get("nobody") and os.geteuid() == 0:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        signal.alarm(SECONDS)
        main(case["words"])
    except SystemExit as ended:
        code = ended.code
        os._exit(code if isinstance(code, int) else 0)
    finally:
        os._exit(99)


def stdout_of(case, pipe):
    if case.get("stdout") == "full":
        return os.open("/dev/full", os.O_WRONLY)
    if case.get("stdout") == "closed pipe":
        reading, writing = os.pipe()
        os.close(reading)
        return writing
    return pipe


def together(cases):
    """Several commands at the same time; their exit codes."""
    children = []
    for case in cases:
        child = os.fork()
        if not child:
            silent = os.open(os.devnull, os.O_WRONLY)
            become(case, [silent, silent])
        children.append(child)
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]


if __name__ == "__main__":
    import_everything()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        asked = json.loads(line)
        sys.stdout.write(json.dumps(together(asked) if isinstance(asked, list) else run(asked)) + "\n")
        sys.stdout.flush()
