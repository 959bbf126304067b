"""Every error a person can meet: what happened, where, and what to do about it.

CausewayError
├── UsageError          the command or its input is wrong            exit 2, HTTP 400
│   ├── NotFound        a folder, product, release that is not there  exit 2, HTTP 404
│   ├── BadManifest     causeway.toml says something impossible       exit 2
│   └── BadContract     a data contract is not an ODCS document       exit 2
├── Refused             we judged, and the answer is no               exit 1, HTTP 409
├── OutsideError        disk, port, network, interpreter, database    exit 3, HTTP 503
│   └── MissingExtra    an optional part is not installed             exit 3
├── Conflict            somebody else wrote first                     exit 3, HTTP 409
└── Defect              a mistake of ours                             exit 3, HTTP 500

More specific ones live beside what raises them; docs/errors.md lists all.
"""

import errno
from typing import ClassVar

# what the system said -> what to do about it
REMEDIES = {
    errno.ENOSPC: "free some space, and repeat",
    errno.EDQUOT: "free some space, and repeat",
    errno.EFBIG: "the system lets no file grow so large: raise the limit (ulimit -f), or free some space",
    errno.EACCES: "check the permissions of the file and of its folder",
    errno.EPERM: "check the permissions of the file and of its folder",
    errno.EROFS: "the disk is mounted read-only: use a place that you may write to",
    errno.ENAMETOOLONG: "use a shorter name or a folder nearer to the root",
    errno.EMFILE: "too many files are open: raise the limit (ulimit -n), and repeat",
    errno.ENOENT: "check that it is there",
    errno.ENOTDIR: "check the path: a part of it is a file",
    errno.EISDIR: "a folder lies there: name a file",
    errno.EEXIST: "something else lies there: use another name",
}


class CausewayError(Exception):
    """Something went wrong in Causeway."""

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 3
    status: ClassVar[int] = 500

    def __init__(self, message: str = "", *, hint: str = "", where: str = "") -> None:
        super().__init__(message or (type(self).__doc__ or "").splitlines()[0])
        self.hint = hint
        self.where = where

    @property
    def message(self) -> str:
        """What happened, without the place and the remedy."""
        return str(self.args[0])


class UsageError(CausewayError):
    """The command or its input is wrong."""

    code = "usage"
    exit_code = 2
    status = 400


class NotFound(UsageError):
    """There is no such thing here."""

    code = "not_found"
    status = 404


class BadManifest(UsageError):
    """The manifest says something that cannot be."""

    code = "bad_manifest"


class BadContract(UsageError):
    """The data contract is not a document of the Open Data Contract Standard."""

    code = "bad_contract"


class Refused(CausewayError):
    """Judged, and refused."""

    code = "refused"
    exit_code = 1
    status = 409


class OutsideError(CausewayError):
    """Something outside Causeway failed."""

    code = "outside"
    status = 503


class MissingExtra(OutsideError):
    """An optional part of Causeway is not installed."""

    code = "missing_extra"


class Conflict(CausewayError):
    """Somebody else wrote to this product first."""

    code = "conflict"
    status = 409


class Defect(CausewayError):
    """A mistake in Causeway itself."""

    code = "defect"


def outside(error: OSError) -> OutsideError:
    """What the operating system refused, as an error with the place and a remedy."""
    return OutsideError(
        f"the system refused: {error.strerror or error}",
        where=str(error.filename or ""),
        hint=remedy(error),
    )


def remedy(error: OSError) -> str:
    """What to do about what the operating system refused."""
    return REMEDIES.get(error.errno or 0, "mend that, and repeat")
