"""Keeps Python's own sockets from connecting, where the system offers nothing better."""

import socket


def _refused(*_args, **_kwargs):
    raise OSError("there is no network in here")


class _Local(socket.socket):
    """A socket that talks within this machine's files only."""

    def connect(self, address):
        """Connects a local socket; refuses any other."""
        if self.family != getattr(socket, "AF_UNIX", -1):
            _refused()
        return super().connect(address)

    def connect_ex(self, address):
        """Connects a local socket; refuses any other."""
        self.connect(address)
        return 0

    def sendto(self, *given):
        """Refuses."""
        return _refused(*given)


socket.socket = _Local
socket.getaddrinfo = _refused
socket.gethostbyname = _refused
socket.create_connection = _refused
