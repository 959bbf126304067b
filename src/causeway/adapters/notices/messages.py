"""A notice as a CloudEvent (1.0.2, structured JSON), and as a message of Slack's form."""

import msgspec

from causeway.core.notice import Notice, chart, escaped, sparkline

TYPE = "org.causeway.alert.v1"


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
    line = f"{notice.product}: {notice.title}"
    bars = sparkline(notice.series, threshold=notice.threshold)
    limit = f" (limit {notice.threshold:g})" if notice.threshold is not None else ""
    parts = [
        f"*{escaped(line)}*",
        escaped(notice.words),
        f"{escaped(notice.measure)} `{bars}`{limit}" if bars else "",
        f"Likely: {escaped(notice.likely)}" if notice.likely else "",
        f"Run: `{escaped(notice.command)}`" if notice.command else "",
        f"<{notice.link}|{escaped(notice.product)} in the console>" if notice.link else "",
    ]
    text = "\n".join(part for part in parts if part)
    return msgspec.json.encode(
        {"text": line, "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]}
    )
