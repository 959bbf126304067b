"""What the gateway says when it does not answer; each carries its HTTP status.

CausewayError
├── Refusal            the gateway will not answer this request        400
│   ├── Malformed      the body cannot be read as what it claims to be  400
│   ├── Unauthorized   no key, or one that opens nothing                401
│   ├── Forbidden      a good key, but not for this                     403
│   ├── NothingHere    no such path, product or version                 404
│   ├── WrongMethod    the path is right, the verb is not               405
│   ├── TooSlow        the body did not arrive in time                  408
│   ├── TooLarge       more bytes or rows than one request may hold     413
│   ├── HeadersTooLarge  more header bytes than one request may have  431
│   ├── WrongMedia     a content type that is not read here             415
│   ├── Invalid        readable, but not what the release takes         422
│   │   └── NoNumber   the model makes no number of a row               422
│   └── TooMany        over the requests a minute that are allowed      429
│       ├── QuotaSpent over the requests that a key has this month      429
│       └── BudgetSpent  what it may cost this month is spent           429
├── Broken             the model failed on rows that were valid         500
├── NotReady           nothing verified to answer with                  503
│   ├── Restarting     the release's own function is not there just now 503
│   └── Overloaded     more was asked than can be answered in time      503
├── TooLong            the release's own function took too long         504
└── DeadlinePassed     nobody waits for the answer any more             504
"""

from typing import ClassVar

from causeway.core.errors import CausewayError


class Refusal(CausewayError):
    """The gateway will not answer this request."""

    code = "refused"
    exit_code = 1
    status = 400
    headers: ClassVar[tuple[tuple[str, str], ...]] = ()


class Malformed(Refusal):
    """The body cannot be read."""

    code = "malformed"


class Unauthorized(Refusal):
    """A key is needed, and this is none."""

    code = "unauthorized"
    status = 401
    headers = (("www-authenticate", 'Bearer realm="causeway"'),)


class Forbidden(Refusal):
    """The key is good, but does not open that."""

    code = "forbidden"
    status = 403


class NothingHere(Refusal):
    """There is nothing at this address."""

    code = "not_found"
    status = 404


class WrongMethod(Refusal):
    """The address does not take that method."""

    code = "method_not_allowed"
    status = 405

    def __init__(self, message: str, *, allow: str) -> None:
        super().__init__(message, hint=f"use {allow}")
        self.allow = allow


class TooSlow(Refusal):
    """The body did not arrive in time."""

    code = "timeout"
    status = 408
    headers = (("connection", "close"),)


class TooLarge(Refusal):
    """The request is larger than what is taken at once."""

    code = "too_large"
    status = 413
    headers = (("connection", "close"),)


class HeadersTooLarge(Refusal):
    """The headers are larger than what is taken."""

    code = "headers_too_large"
    status = 431


class WrongMedia(Refusal):
    """A content type that is not read here."""

    code = "unsupported_media_type"
    status = 415


class Invalid(Refusal):
    """The rows are not what the release takes."""

    code = "invalid_input"
    status = 422


class NoNumber(Invalid):
    """The model makes no finite number of a row."""

    code = "invalid_input"


class TooMany(Refusal):
    """More requests a minute than this product, or this key, may make."""

    code = "too_many_requests"
    status = 429

    def __init__(self, message: str, *, retry_after: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class QuotaSpent(TooMany):
    """The key has made all the requests that it may make this month."""

    code = "quota_spent"


class BudgetSpent(TooMany):
    """What the product may cost this month is spent, and its owner wants no more."""

    code = "budget_spent"


class Broken(CausewayError):
    """The model failed on this request."""

    code = "model_failed"
    status = 500


class NotReady(CausewayError):
    """There is no verified release to answer with."""

    code = "not_ready"
    status = 503


class Restarting(NotReady):
    """The process with the release's own function ended, and is being started again."""

    def __init__(self, message: str, *, retry_after: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class Overloaded(NotReady):
    """More is asked than can be answered in time, so that this request is not begun."""

    code = "overloaded"
    retry_after = 1


class TooLong(CausewayError):
    """The release's own function did not answer in time."""

    code = "features_timeout"
    status = 504


class DeadlinePassed(CausewayError):
    """The time that the caller, or the route, allows for an answer is over."""

    code = "deadline"
    status = 504


def reason_of(error: Exception) -> str:
    """What a refusal is counted as."""
    return error.code if isinstance(error, CausewayError) else Broken.code


FAILURES = (Broken, Restarting, TooLong)
"""What is the fault of a model, not of whoever asked it."""
