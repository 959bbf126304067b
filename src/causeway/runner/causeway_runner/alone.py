"""A process that answers for a long time gives up what it does not need: network, files, memory."""

import os
import sys

from causeway_runner.request import MEGABYTE

MAX_FILE_BYTES = 16 * MEGABYTE


def alone(memory_bytes):
    """Bounds this process for good; `cut` if it is without network now, else `open`."""
    limit(memory_bytes)
    if not sys.platform.startswith("linux"):
        return "open"
    from causeway_runner import kernel

    cut = any(attempt(kernel.unshare, flags) for flags in (kernel.NEWNET, kernel.NEWUSER | kernel.NEWNET))
    if cut:
        attempt(kernel.drop_capabilities)
    attempt(kernel.no_new_privileges)
    lock_files(kernel, cut)
    families = [kernel.AF_UNIX] + ([kernel.AF_INET, kernel.AF_INET6, kernel.AF_NETLINK] if cut else [])
    return "cut" if attempt(kernel.seccomp, families) or cut else "open"


def lock_files(kernel, cut):
    """Leaves it the system, its own packages, and its home to write to."""
    from causeway_runner.places import DEVICES, SYSTEM, settings

    ours = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    libraries = os.environ.get("LD_LIBRARY_PATH", "").split(":")
    own = [ours, sys.prefix, sys.base_prefix, sys.exec_prefix, *sys.path, *libraries]
    home = [os.getcwd()]
    attempt(
        lambda: kernel.landlock([*SYSTEM, *settings(), *filter(None, own), *home], home, DEVICES, tcp=cut)
    )


def attempt(work, *given):
    """Whether it could be done."""
    from causeway_runner.kernel import Lacking

    try:
        work(*given)
    except Lacking:
        return False
    return True


def limit(memory_bytes):
    """Bounds memory and files of this process, and forbids core dumps."""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_FILE_BYTES, MAX_FILE_BYTES))
    if sys.platform.startswith("linux"):
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
