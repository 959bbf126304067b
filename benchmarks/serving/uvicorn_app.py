"""Uvicorn as such: the body goes back, and nothing else is done."""


async def app(_scope: dict, receive, send) -> None:  # noqa: ANN001 - plain ASGI
    """The body again."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
