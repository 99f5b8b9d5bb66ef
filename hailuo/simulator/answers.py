"""HTTP answers in the shapes that the vendor uses: flat, nested, HTML, empty. Source: docs/reference/vendor.md#errors."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

_REQUEST_ID = b"{request_id}"
_JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """One HTTP answer, ready to send.

    With `promised_bytes` the Content-Length is larger than the body, and the connection ends after the body.
    `cut` ends it with a reset, which every client notices; otherwise it closes normally.
    """

    status: int
    body: bytes = b""
    media_type: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    promised_bytes: int | None = None
    cut: bool = False

    def signed(self, request_id: str) -> bytes:
        """The body, with the request id filled in where the body has a place for it."""
        return self.body.replace(_REQUEST_ID, request_id.encode()) if self.media_type == _JSON else self.body

    def naming(self, **task_ids: str) -> "HttpAnswer":
        """The answer with these ids filled in where its body has a place for them."""
        body = self.body
        for place, task_id in task_ids.items():
            body = body.replace(f"{{{place}}}".encode(), task_id.encode())
        return replace(self, body=body)


class AnswerError(Exception):
    """Ends a request with this answer."""

    def __init__(self, answer: HttpAnswer) -> None:
        self.answer = answer
        super().__init__(answer.status)


def ok(content: object) -> HttpAnswer:
    """200 with a JSON body."""
    return _json(200, content, {})


def flat(status: int, code: str, message: str) -> HttpAnswer:
    """The task routes' own error body, `{code, message, data}`."""
    return _json(status, {"code": code, "message": message, "data": None}, {})


def nested(
    status: int,
    message: str,
    *,
    code: str = "",
    kind: str = "new_api_error",
    headers: Mapping[str, str] | None = None,
) -> HttpAnswer:
    """The middleware's error body, `{error: {message, type, code}}`; the code is often empty.

    The message ends with the request's id, as the gateway's do.
    """
    signed = f"{message} (request id: {_REQUEST_ID.decode()})"
    return _json(status, {"error": {"message": signed, "type": kind, "code": code}}, headers or {})


def html(status: int, title: str) -> HttpAnswer:
    """An HTML error page, as a proxy in front of the gateway sends it."""
    page = f"<html>\r\n<head><title>{title}</title></head>\r\n<body><center><h1>{title}</h1></center></body></html>"
    return HttpAnswer(status=status, body=page.encode(), media_type="text/html")


def xml(status: int, code: str, message: str) -> HttpAnswer:
    """An object store's XML error, as for an expired link."""
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return HttpAnswer(status=status, body=body.encode(), media_type="application/xml")


def plain(status: int, text: str) -> HttpAnswer:
    """A plain text answer."""
    return HttpAnswer(status=status, body=text.encode(), media_type="text/plain; charset=utf-8")


def empty(status: int, *, headers: Mapping[str, str] | None = None) -> HttpAnswer:
    """A status without a body."""
    return HttpAnswer(status=status, headers=headers or {})


def _json(status: int, content: object, headers: Mapping[str, str]) -> HttpAnswer:
    body = json.dumps(content, ensure_ascii=False).encode()
    return HttpAnswer(status=status, body=body, media_type=_JSON, headers=headers)
