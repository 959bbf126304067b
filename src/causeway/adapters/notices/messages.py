"""A notice as a CloudEvent (1.0.2, structured JSON), and as a message of Slack's form."""

import msgspec

from causeway.core.notice import Notice, chart, escaped, sparkline

TYPE = "org.causeway.alert.v1"
MOST = 1000
"""Characters of each of the longer parts as they are sent: Slack refuses a text of more than 3,000 in all."""


def cloud_event(notice: Notice) -> bytes:
    """The structured form: every attribute that the specification requires, and the notice as data."""
    data = {name: getattr(notice, name) for name in notice.__struct_fields__}
    return msgspec.json.encode(
        {
            "specversion": "1.0",
            "id": notice.id,
            "source": f"/products/{notice.product}",
            "type": TYPE,
            "subject": notice.trigger,
            "time": notice.at,
            "datacontenttype": "application/json",
            "data": {**data, "chart_svg": chart(notice)},
        }
    )


def chat_message(notice: Notice) -> bytes:
    """`text` for what shows one line, `blocks` for what shows more."""
    line = _short(f"{notice.product}: {notice.title}", most=200)
    bars = sparkline(notice.series, threshold=notice.threshold)
    limit = f" (limit {notice.threshold:g})" if notice.threshold is not None else ""
    parts = [
        f"*{line}*",
        _short(notice.words),
        f"{_short(notice.measure, most=200)} `{bars}`{limit}" if bars else "",
        f"Likely: {_short(notice.likely, most=500)}" if notice.likely else "",
        f"Run: `{_short(notice.command, most=500)}`" if notice.command else "",
        f"<{notice.link}|{escaped(notice.product)} in the console>" if notice.link else "",
    ]
    text = "\n".join(part for part in parts if part)
    return msgspec.json.encode(
        {"text": line, "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]}
    )


def _short(text: str, *, most: int = MOST) -> str:
    """The text as Slack wants it, and no longer; no character is cut in the middle of its name."""
    whole = escaped(text)
    if len(whole) <= most:
        return whole
    found: list[str] = []
    length = 0
    for each in map(escaped, text):
        length += len(each)
        if length > most - 3:
            break
        found.append(each)
    return f"{''.join(found)}..."
