"""Which way an integration is told, by its kind and address."""

import os
from pathlib import Path

from causeway.adapters.notices.command import run_command
from causeway.adapters.notices.http import post
from causeway.adapters.notices.messages import chat_message, cloud_event
from causeway.core.errors import UsageError
from causeway.core.manifest import IntegrationPart
from causeway.core.notice import Notice

COMMAND = "command:"
CLOUD_EVENTS = "application/cloudevents+json"


def tell(part: IntegrationPart, notice: Notice) -> str:
    """What came back; raises OutsideError where it did not get there."""
    if part.url.startswith(COMMAND):
        return run_command(part.url.removeprefix(COMMAND).strip(), cloud_event(notice))
    secret = _secret(part.secret)
    if part.kind == "chat":
        # the address itself is the secret of such a chat, so it may lie where secrets lie
        return post(part.url or secret, chat_message(notice), kind="application/json")
    return post(part.url, cloud_event(notice), kind=CLOUD_EVENTS, token=secret)


def _secret(reference: str) -> str:
    if not reference:
        return ""
    way, _, place = reference.partition(":")
    try:
        found = os.environ.get(place, "") if way == "env" else Path(place).read_text("utf-8").strip()
    except OSError as error:
        raise UsageError(f"the secret {reference} cannot be read: {error.strerror}") from error
    except ValueError:
        # what it says quotes the secret
        raise UsageError(f"the secret {reference} is no text in UTF-8") from None
    if not found:
        raise UsageError(f"the secret {reference} is not there", hint="set it where the ticks run")
    return found
