"""The gateway's certificate as gRPC takes it, read again for the first handshake after it changed."""

import ssl
from pathlib import Path

import grpc

Files = tuple[Path, Path]
"""The certificate with its chain, and its key; PEM."""
Stamp = tuple[int, ...]


def secrets_of(files: Files) -> grpc.ServerCredentials:
    """What a server shows of itself; files that do not fit each other leave what was before."""
    seen = _stamp(files)

    def changed() -> grpc.ServerCertificateConfiguration | None:
        nonlocal seen
        now = _stamp(files)
        if now in (seen, ()):
            return None
        seen = now
        return _configuration(files) if _fit(files) else None

    return grpc.dynamic_ssl_server_credentials(_configuration(files), changed)


def _configuration(files: Files) -> grpc.ServerCertificateConfiguration:
    chain, key = (file.read_bytes() for file in files)
    return grpc.ssl_server_certificate_configuration([(key, chain)])


def _fit(files: Files) -> bool:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(*files, password="")
    except (OSError, ValueError):
        return False
    return True


def _stamp(files: Files) -> Stamp:
    try:
        return tuple(file.stat().st_mtime_ns for file in files)
    except OSError:
        # just being replaced
        return ()
