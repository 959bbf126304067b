"""Every error a person can meet: what happened, where, and what to do about it.

CausewayError
├── UsageError          the command or its input is wrong            exit 2, HTTP 400
│   ├── NotFound        a folder, product, release that is not there  exit 2, HTTP 404
│   ├── BadManifest     causeway.toml says something impossible       exit 2
│   └── BadContract     a data contract is not an ODCS document       exit 2
├── Refused             we judged, and the answer is no               exit 1, HTTP 409
├── OutsideError        disk, port, network, interpreter, database    exit 3, HTTP 503
│   └── MissingExtra    an optional part is not installed             exit 3
└── Conflict            somebody else wrote first                     exit 3, HTTP 409
"""

from typing import ClassVar


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
