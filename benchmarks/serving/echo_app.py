"""The most that Python can do: a body is sent back by a bare protocol on uvloop and httptools."""

import asyncio
import sys

import httptools
import uvloop


class Echo(asyncio.Protocol):
    """One connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begins to read."""
        self.transport = transport
        self.parser = httptools.HttpRequestParser(self)
        self.parts: list[bytes] = []

    def data_received(self, data: bytes) -> None:
        """Reads on."""
        self.parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self.parts.append(body)

    def on_message_complete(self) -> None:
        """Sends the body back."""
        body = b"".join(self.parts)
        self.parts = []
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
        self.transport.write(head + body)


async def serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Echo, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
