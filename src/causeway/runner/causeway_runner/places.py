"""Where a system keeps what any program needs, and which of it is nobody's business."""

import os

SYSTEM = (
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt", "/nix/store", "/sys", "/proc",
    "/var/cache/fontconfig", "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom",
)  # fmt: skip
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
# what /etc holds that is nobody's business
CLOSED = ("shadow", "gshadow", "sudoers", "ssh", "ssl-private", "kubernetes", "rancher", "krb5", "docker")


def settings():
    """What may be read of /etc."""
    try:
        names = sorted(os.listdir("/etc"))
    except OSError:
        return []
    return [os.path.join("/etc", name) for name in names if not name.startswith(CLOSED)]
