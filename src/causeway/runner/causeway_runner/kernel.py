"""How a process on Linux gives up its powers for good: namespaces, Landlock, seccomp, capabilities."""

import ctypes
import os
import platform
import struct

NEWNS, NEWIPC, NEWUSER, NEWPID, NEWNET = 0x20000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 8, 0x1000, 0x4000, 0x40000
MOUNT_SETATTR, AT_FDCWD, AT_RECURSIVE, RDONLY = 442, -100, 0x8000, 1
PR_SET_SECCOMP, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 22, 24, 38, 47
AF_UNIX, AF_INET, AF_INET6, AF_NETLINK = 1, 2, 10, 16
LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, TRUNCATE = 1, 2, 4, 8, 1 << 14
READING = EXECUTE | READ_FILE | READ_DIR
ON_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | 1 << 15
# rights that each version of Landlock knows beside those before it
EVERYTHING = {1: (1 << 13) - 1, 2: 1 << 13, 3: TRUNCATE, 5: 1 << 15}
# socket first; then what reaches into other processes, the kernel or the mounts, or gets around the first
CALLS = {
    "x86_64": (0xC000003E, 41, (101, 155, 165, 166, 175, 246, 248, 249, 250, 272, 298, 304, 308, 310, 311,
                                313, 321, 323, 425, 428, 429, 430, 431, 432, 442)),
    "aarch64": (0xC00000B7, 198, (39, 40, 41, 97, 104, 105, 117, 217, 218, 219, 241, 265, 268, 270, 271, 273,
                                  280, 282, 425, 428, 429, 430, 431, 432, 442)),
}  # fmt: skip
X32 = 0x40000000
LOAD, EQUALS, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
ALLOW, REFUSE = 0x7FFF0000, 0x00050001
CAPABILITIES = 64

libc = ctypes.CDLL(None, use_errno=True)


class Lacking(Exception):
    """What was asked is not offered by this system, or not to us."""


def called(result, what):
    """The result of a call of the C library; raises Lacking with its reason."""
    if result < 0:
        raise Lacking("%s: %s" % (what, os.strerror(ctypes.get_errno())))
    return result


def unshare(flags):
    """Leaves the namespaces; in a new user namespace we stay who we are, without power outside it."""
    user, group = os.getuid(), os.getgid()
    called(libc.unshare(flags), "unshare")
    if flags & NEWUSER:
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", "%d %d 1" % (user, user)),
            ("gid_map", "%d %d 1" % (group, group)),
        ):
            try:
                with open("/proc/self/" + name, "w") as stream:
                    stream.write(text)
            except OSError as error:
                raise Lacking("%s: %s" % (name, error.strerror)) from error


def mount(kind, place, flags, options=""):
    """Mounts a file system of this kind."""
    source, kind_ = (kind or "none").encode(), kind.encode() if kind else None
    called(
        libc.mount(source, place.encode(), kind_, ctypes.c_ulong(flags), options.encode()), "mount " + place
    )


def read_only_but(writable):
    """Makes every mount read-only but these places: Landlock knows no modes, owners and times of files."""
    for place in writable:
        called(
            libc.mount(place.encode(), place.encode(), None, ctypes.c_ulong(MS_BIND), None), "bind " + place
        )
    mark("/", RDONLY, 0, AT_RECURSIVE)
    for place in writable:
        mark(place, 0, RDONLY, 0)
    # we still stand in what lies below the new mounts
    os.chdir(os.getcwd())


def mark(place, given, taken, how):
    """Gives a mount these attributes, and takes others away."""
    asked = struct.pack("QQQQ", given, taken, 0, 0)
    call = libc.syscall(MOUNT_SETATTR, AT_FDCWD, place.encode(), how, asked, ctypes.c_size_t(len(asked)))
    called(call, "marking " + place)


def loopback_up():
    """Lets the process talk to itself over 127.0.0.1, as many libraries do."""
    import fcntl
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as talk:
        fcntl.ioctl(talk, 0x8914, struct.pack("16sh", b"lo", 0x41))


def drop_capabilities():
    """Gives up every capability, also for programs that are started later."""
    for number in range(CAPABILITIES):
        libc.prctl(PR_CAPBSET_DROP, number, 0, 0, 0)
    libc.prctl(PR_CAP_AMBIENT, 4, 0, 0, 0)
    header, nothing = struct.pack("Ii", 0x20080522, 0), bytes(24)
    called(libc.capset(header, nothing), "capset")


def no_new_privileges():
    """Programs that are started later gain nothing by their owner or their marks."""
    called(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")


def landlock_version():
    """The version of Landlock that this kernel has on; 0 for none."""
    return max(0, libc.syscall(LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1))


def landlock(readable, writable, devices, *, tcp):
    """Only these places can be read, and only those written, from here on; raises Lacking."""
    version = landlock_version()
    if not version:
        raise Lacking("this kernel has no Landlock")
    rights = 0
    for since, more in EVERYTHING.items():
        rights |= more if version >= since else 0
    size = 8 if version < 4 else 16 if version < 6 else 24
    asked = struct.pack("QQQ", rights, 0 if tcp else 3, 3)[:size]
    ruleset = called(libc.syscall(LANDLOCK_CREATE, asked, ctypes.c_size_t(size), 0), "landlock")
    for places, allowed in ((readable, READING), (writable, rights), (devices, READ_FILE | WRITE_FILE)):
        for place in places:
            allow(ruleset, place, allowed & rights)
    called(libc.syscall(LANDLOCK_RESTRICT, ruleset, 0), "landlock")
    os.close(ruleset)
    return version


def allow(ruleset, place, rights):
    """Adds a place to what is allowed; one that is not there needs no rule."""
    try:
        handle = os.open(place, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        rights = rights if os.path.isdir(place) else rights & ON_FILES
        rule = struct.pack("=Qi", rights, handle)
        called(libc.syscall(LANDLOCK_ADD, ruleset, 1, rule, 0), "landlock " + place)
    finally:
        os.close(handle)


def seccomp(families):
    """Sockets of these families only, and no calls that reach into other processes or the kernel."""
    known = CALLS.get(platform.machine())
    if known is None:
        raise Lacking("no list of calls for %s" % platform.machine())
    architecture, socket, refused = known
    program = [(LOAD, 0, 0, 4), (EQUALS, 1, 0, architecture), (RETURN, 0, 0, REFUSE), (LOAD, 0, 0, 0)]
    if platform.machine() == "x86_64":
        program += [(AT_LEAST, 0, 1, X32), (RETURN, 0, 0, REFUSE)]
    for number in refused:
        program += [(EQUALS, 0, 1, number), (RETURN, 0, 0, REFUSE)]
    program += [(EQUALS, 1, 0, socket), (RETURN, 0, 0, ALLOW), (LOAD, 0, 0, 16)]
    for family in families:
        program += [(EQUALS, 0, 1, family), (RETURN, 0, 0, ALLOW)]
    program.append((RETURN, 0, 0, REFUSE))
    filters = b"".join(struct.pack("HBBI", *one) for one in program)
    held = ctypes.create_string_buffer(filters, len(filters))
    described = struct.pack("HxxxxxxP", len(program), ctypes.addressof(held))
    called(libc.prctl(PR_SET_SECCOMP, 2, described, 0, 0), "seccomp")
