"""Starts a command with as little power as this system can leave it: `python confine.py request.json`.

What could be enforced, and how, is written to the request's `report` before the command starts.
"""

import json
import os
import resource
import signal
import sys

from causeway_runner.places import DEVICES, SYSTEM, settings
from causeway_runner.request import end_with_parent

LINUX = sys.platform.startswith("linux")
SHARED_MEMORY = "/dev/shm"  # noqa: S108 - the system's own place
SIGNAL_EXIT = 128
OWN_PID_MAX = (6, 14)
"""Since this Linux, the highest process number is a namespace's own."""
LEAST_PID_MAX = 400
OWN_COUNT = (5, 14)
"""Since this Linux, processes are counted by user namespace."""


def main():
    """Gives up power, starts the command, and ends as it ended."""
    with open(sys.argv[1], encoding="utf-8") as stream:
        request = json.load(stream)
    end_with_parent()
    told = {}
    # opened before doors close: a place with an open file in it cannot be made read-only
    request["report"] = os.open(request["report"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    spaces = enter(told) if LINUX else 0
    if not LINUX:
        told.update(network="", files="", others="", calls="")
    if in_spaces(spaces):
        end_as(waited(start(request, told, spaces)))
    become(request, told, spaces)


def in_spaces(spaces):
    """Whether processes that are started from now on live in a namespace of their own."""
    from causeway_runner.kernel import NEWPID

    return bool(spaces & NEWPID)


def enter(told):
    """The namespaces that we are in now; what was tried first in a child cannot leave us half-way."""
    from causeway_runner import kernel

    rest = kernel.NEWNS | kernel.NEWIPC | kernel.NEWNET
    full = rest | kernel.NEWPID
    for flags in (kernel.NEWUSER | full, full, kernel.NEWUSER | rest, rest, kernel.NEWUSER | kernel.NEWNET):
        if succeeds(flags):
            kernel.unshare(flags)
            told["network"] = "a network namespace with nobody else in it"
            if flags & kernel.NEWPID:
                told["others"] = "a process namespace that ends as a whole"
            return flags
    return 0


def succeeds(flags):
    """Whether these namespaces are to be had, tried by a child; mounting /proc is part of it."""
    from causeway_runner import kernel

    child = os.fork()
    if not child:
        code = 1
        try:
            kernel.unshare(flags)
            if flags & kernel.NEWPID:
                inner = os.fork()
                if not inner:
                    os._exit(mounts(kernel))
                code = os.waitstatus_to_exitcode(os.waitpid(inner, 0)[1])
            else:
                code = 0
        except kernel.Lacking:
            code = 1
        finally:
            os._exit(code)
    return os.waitpid(child, 0)[1] == 0


def mounts(kernel):
    """Whether /proc could be mounted anew: 0 or 1."""
    try:
        fresh_proc(kernel)
    except kernel.Lacking:
        return 1
    return 0


def fresh_proc(kernel):
    """A /proc that shows only our own processes."""
    kernel.mount("", "/", kernel.MS_REC | kernel.MS_PRIVATE)
    kernel.mount("proc", "/proc", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC)


def start(request, told, spaces):
    """The first process of the namespace, which buries the others and ends with the command."""
    child = os.fork()
    if child:
        return child
    # the parent's death has to end it too: it is not this process that is its child any more
    end_with_parent()
    from causeway_runner import kernel

    fresh_proc(kernel)
    furnish(request, told, kernel)
    command = os.fork()
    if not command:
        become(request, told, spaces)
    os._exit(buried(command))


def furnish(request, told, kernel):
    """Empty places over those that hold other people's sockets, and shared memory of our own."""
    kernel.loopback_up()
    hidden = [place for place in request["hide"] if os.path.isdir(place) and not os.path.islink(place)]
    for place in hidden:
        attempt(kernel.mount, "tmpfs", place, kernel.MS_NOSUID | kernel.MS_NODEV, "size=64m")
    size = "size=%d" % (request["memory_bytes"] // 4)
    if attempt(kernel.mount, "tmpfs", SHARED_MEMORY, kernel.MS_NOSUID | kernel.MS_NODEV, size):
        request["write"].append(SHARED_MEMORY)
    if linux() >= OWN_PID_MAX:
        try:
            with open("/proc/sys/kernel/pid_max", "w") as stream:
                stream.write(str(max(LEAST_PID_MAX, request["tasks"])))
            told["tasks"] = "the namespace's highest process number"
        except OSError:
            pass
    if attempt(kernel.read_only_but, request["write"]):
        told["marks"] = "everything else is mounted read-only"


def attempt(work, *given):
    """Whether it could be done."""
    from causeway_runner.kernel import Lacking

    try:
        work(*given)
    except Lacking:
        return False
    return True


def become(request, told, spaces):
    """Turns this process into the command, for good without the powers it had."""
    bound(request, told, spaces)
    if LINUX:
        lock(request, told, spaces)
    with open(request["report"], "w", encoding="utf-8") as stream:
        json.dump(told, stream)
    if not told["network"]:
        os.environ["PYTHONPATH"] = request["offline"]
    os.execv(request["command"][0], request["command"])  # noqa: S606 - this is what it is for


def lock(request, told, spaces):
    """Capabilities, files, sockets and calls, each where this system can; the report says which."""
    from causeway_runner import kernel

    cut = "network" in told
    if spaces:
        attempt(kernel.drop_capabilities)
    attempt(kernel.no_new_privileges)
    readable = [*SYSTEM, *settings(), *request["read"], *request["write"]]
    try:
        version = kernel.landlock(readable, request["write"], DEVICES, tcp=cut)
        told["files"] = "Landlock, version %d" % version
        if version >= 6 and "others" not in told:
            told["others"] = "Landlock: no signals to others"
    except kernel.Lacking:
        told["files"] = ""
    families = [kernel.AF_UNIX] + ([kernel.AF_INET, kernel.AF_INET6, kernel.AF_NETLINK] if cut else [])
    if attempt(kernel.seccomp, families):
        told["calls"] = "seccomp"
        told.setdefault("network", "seccomp: no sockets but local ones")
    told.setdefault("network", "")
    told.setdefault("others", "")
    told.setdefault("calls", "")


def bound(request, told, spaces):
    """The limits that each process carries itself."""
    most = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: request["cpu_seconds"],
        resource.RLIMIT_FSIZE: request["file_bytes"],
        resource.RLIMIT_NOFILE: request["open_files"],
    }
    if LINUX:
        most[resource.RLIMIT_DATA] = 2 * request["memory_bytes"]
        if os.getuid() and counted_apart(spaces):
            most[resource.RLIMIT_NPROC] = request["tasks"]
            told["tasks"] = told.get("tasks") or "a limit that each process carries"
    for kind, value in most.items():
        hard = resource.getrlimit(kind)[1]
        allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (allowed, allowed))


def counted_apart(spaces):
    """Whether processes are counted in our own user namespace, not with all others of this account."""
    from causeway_runner.kernel import NEWUSER

    return bool(spaces & NEWUSER) and linux() >= OWN_COUNT


def linux():
    """The kernel's version."""
    return tuple(int(part) for part in os.uname().release.split("-")[0].split(".")[:2])


def waited(child):
    """The exit code of a child, its signal as a shell tells it."""
    while True:
        try:
            return told_by(os.waitpid(child, 0)[1])
        except InterruptedError:
            continue


def told_by(status):
    """What a wait status says: an exit code, or 128 and the signal."""
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else SIGNAL_EXIT + os.WTERMSIG(status)


def buried(command):
    """Waits for every process of the namespace; ends with the command, and all others with it."""
    while True:
        ended, status = os.waitpid(-1, 0)
        if ended == command:
            return told_by(status)


def end_as(code):
    """Ends as the command did, by the same signal."""
    if code > SIGNAL_EXIT:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), code - SIGNAL_EXIT)
    sys.exit(code)


if __name__ == "__main__":
    main()
