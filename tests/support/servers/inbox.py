"""Where the messages of Prefect's automations arrive: a web server on this machine, in place of Slack's or Teams'."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

_SECONDS: Final = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message, as the notification block sends it."""

    subject: str
    body: str

    @property
    def text(self) -> str:
        return f"{self.subject}\n{self.body}"


@dataclass(slots=True, kw_only=True)
class Inbox:
    """What has arrived, the oldest first."""

    url: str = ""
    messages: list[Message] = field(default_factory=list)
    _arrival: threading.Condition = field(default_factory=threading.Condition)

    def take(self, message: Message) -> None:
        with self._arrival:
            self.messages.append(message)
            self._arrival.notify_all()

    def telling(self, *words: str) -> list[Message]:
        """Those that have one of these words."""
        return [one for one in self.messages if any(word in one.text for word in words)]

    def wait_for(self, words: str, *, after: int = 0, seconds: float = _SECONDS) -> Message:
        """The first message with these words after so many others. Raises: TimeoutError with what arrived instead."""

        def found() -> list[Message]:
            return [one for one in self.messages[after:] if words in one.text]

        with self._arrival:
            if not self._arrival.wait_for(found, seconds):
                raise TimeoutError(f"no message with {words!r}; {self.messages[after:]}")
            return found()[0]

    @property
    def block(self) -> dict[str, object]:
        """The data of a Custom Webhook block that sends here."""
        form = {"subject": "{{subject}}", "body": "{{body}}"}
        return {"name": "inbox", "url": self.url, "method": "POST", "json_data": form}


@contextmanager
def open_inbox() -> Iterator[Inbox]:
    """On a free port of this machine while the block runs."""
    inbox = Inbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            inbox.take(Message(subject=sent["subject"], body=sent["body"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *words: object) -> None:
            del words

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        inbox.url = f"http://127.0.0.1:{server.server_port}/"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield inbox
        finally:
            server.shutdown()
