"""What an application holds to ask a product; needs the standard library and msgspec only."""

from causeway.client.answers import Answer, Answers
from causeway.client.client import Client
from causeway.client.refusals import (
    ClientError,
    Failed,
    Forbidden,
    Interrupted,
    Malformed,
    NotFound,
    NotReady,
    Refused,
    RefusedRow,
    TimedOut,
    TooLarge,
    TooMany,
    Unauthorized,
    Unreachable,
)

__all__ = [
    "Answer",
    "Answers",
    "Client",
    "ClientError",
    "Failed",
    "Forbidden",
    "Interrupted",
    "Malformed",
    "NotFound",
    "NotReady",
    "Refused",
    "RefusedRow",
    "TimedOut",
    "TooLarge",
    "TooMany",
    "Unauthorized",
    "Unreachable",
]
