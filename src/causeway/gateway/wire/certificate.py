"""The certificate with which a gateway speaks TLS, taken up anew when its files change."""

import asyncio
import ssl
from pathlib import Path

from causeway.core.errors import OutsideError
from causeway.gateway.log import say

POLL_SECONDS = 0.5
HANDSHAKE_SECONDS = 10.0

Stamp = tuple[int, ...]


class Certificate:
    """A certificate chain and its key, as PEM files."""

    def __init__(self, chain: Path, key: Path) -> None:
        self._files = (chain, key)
        self._seen = self._stamp()
        self._told: Stamp = ()
        self.context = _context(*self._files)

    def take_up(self) -> None:
        """Has new connections get what the files hold now; where they do not fit, what was before goes on."""
        stamp = self._stamp()
        try:
            # first apart, as a context that took a chain without its key answers nobody
            _context(*self._files)
            _take(self.context, *self._files)
        except OutsideError as error:
            if stamp != self._told:
                self._told = stamp
                text = f"{error.message}; the certificate from before goes on"
                say("certificate_refused", text, level="error")
            return
        if stamp != self._seen:
            say("certificate_renewed", "the certificate was taken up anew")
        self._seen = stamp

    async def follow(self) -> None:
        """Takes up what changes, until it is cancelled."""
        while True:
            await asyncio.sleep(POLL_SECONDS)
            if self._stamp() not in (self._seen, self._told, ()):
                self.take_up()

    def _stamp(self) -> Stamp:
        try:
            states = [file.stat() for file in self._files]
        except OSError:
            # just being replaced
            return ()
        return tuple(value for each in states for value in (each.st_mtime_ns, each.st_size, each.st_ino))


def _context(chain: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    _take(context, chain, key)
    return context


def _take(context: ssl.SSLContext, chain: Path, key: Path) -> None:
    try:
        context.load_cert_chain(chain, key, password=_no_password)
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
        raise OutsideError(
            f"{chain} and {key} are no certificate with its key: {reason}",
            hint="give PEM files: the certificate with its chain, and its key without a password",
        ) from error


def _no_password() -> bytes:
    """What is said to a key that asks for one, so that nobody is asked at the terminal."""
    return b""
