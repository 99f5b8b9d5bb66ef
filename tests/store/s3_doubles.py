"""Servers in a thread that do to S3 requests what networks and careless servers do."""

import contextlib
import http.client
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import urlsplit

from tests.support.servers.processes import pause

_LATE_SECONDS = 0.15
_LOOKING_SECONDS = 1.5
"""Between look and write of a careless server: long enough that racers meet in it on a busy machine too."""


class Fault(StrEnum):
    """What becomes of one request."""

    DROPPED = "applied, and the reply lost"
    LATE = "the connection cut, and applied afterwards"
    LOST = "never applied, and the connection cut"
    ERROR_APPLIED = "applied, and answered with 500"
    CONFLICT = "409"
    ERROR = "500"
    SLOW_DOWN = "503"
    SLOW = "answered after a while"
    CORRUPTED = "a byte of the body changed"
    CUT = "the reply's body cut short"


_CLOSES = frozenset({Fault.DROPPED, Fault.LATE, Fault.LOST})
_REFUSALS = {Fault.CONFLICT: 409, Fault.ERROR: 500, Fault.SLOW_DOWN: 503}
_OUR_OWN = frozenset({"connection", "transfer-encoding", "content-length", "server", "date"})
_Request = tuple[str, str, dict[str, str], bytes]
Decide = Callable[[str, str, int], Fault | None]


class _Handler(BaseHTTPRequestHandler):
    """Speaks HTTP/1.1, keeps connections, says nothing."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def reply(self, status: int, content: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


@contextlib.contextmanager
def _serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class FaultProxy:
    """Stands before a server. `decide(method, path, nth)` says what becomes of the nth request of its kind.

    `met` counts the faults, `statuses` what the server itself answered.
    """

    def __init__(self, upstream: str, decide: Decide) -> None:
        self._upstream = urlsplit(upstream).netloc
        self._decide = decide
        self._nth: Counter[tuple[str, str]] = Counter()
        self._late: list[threading.Timer] = []
        self.url = ""
        self.met: Counter[Fault] = Counter()
        self.statuses: Counter[tuple[str, int]] = Counter()

    def fault(self, method: str, path: str) -> Fault | None:
        self._nth[method, path] += 1
        fault = self._decide(method, path, self._nth[method, path])
        self.met.update([fault] if fault else [])
        return fault

    def forward(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, bytes, dict]:
        """The same request to the server; the host's name stays, for it is signed."""
        kept = {
            name: value for name, value in headers.items() if name.lower() not in {"expect", "connection"}
        }
        with contextlib.closing(http.client.HTTPConnection(self._upstream, timeout=20)) as connection:
            connection.request(method, path, body=body, headers=kept)
            response = connection.getresponse()
            content = response.read()
        self.statuses[method, response.status] += 1
        return response.status, content, dict(response.getheaders())

    def later(self, *request: object) -> None:
        timer = threading.Timer(_LATE_SECONDS, self.forward, request)
        self._late.append(timer)
        timer.start()

    def settle(self) -> None:
        """Wait until what was late has happened."""
        for timer in self._late:
            timer.join()


class _ProxyHandler(_Handler):
    proxy: ClassVar[FaultProxy]

    def pass_on(self) -> None:
        body, headers = self.body(), dict(self.headers.items())
        fault = self.proxy.fault(self.command, self.path)
        request = (self.command, self.path, headers, body)
        if fault in _REFUSALS:
            self.reply(_REFUSALS[fault], b"<Error><Code>Struck</Code></Error>")
        elif fault in _CLOSES:
            self.vanish(fault, request)
        else:
            self.answer(fault, request)

    def vanish(self, fault: Fault, request: _Request) -> None:
        if fault is Fault.DROPPED:
            self.proxy.forward(*request)
        elif fault is Fault.LATE:
            self.proxy.later(*request)
        self.close_connection = True

    def answer(self, fault: Fault | None, request: _Request) -> None:
        method, path, headers, body = request
        if fault is Fault.CORRUPTED:
            body = bytes([body[0] ^ 1]) + body[1:]
        if fault is Fault.SLOW:
            time.sleep(_LATE_SECONDS)  # noqa: TID251 (a real socket)
        status, content, told = self.proxy.forward(method, path, headers, body)
        if fault is Fault.ERROR_APPLIED:
            self.reply(500, b"<html>nginx</html>")
            return
        self.send_response(status)
        for name, value in told.items():
            if name.lower() not in _OUR_OWN:
                self.send_header(name, value)
        self.send_header("Content-Length", told.get("Content-Length", str(len(content))))
        self.end_headers()
        self.wfile.write(content[:-1] if fault is Fault.CUT else content)
        self.close_connection = fault is Fault.CUT

    do_GET = do_PUT = do_HEAD = do_DELETE = pass_on  # noqa: N815 (the base class calls them so)


@contextlib.contextmanager
def between(upstream: str, decide: Decide) -> Iterator[FaultProxy]:
    """A proxy that strikes as `decide` says, while the block runs."""
    proxy = FaultProxy(upstream, decide)
    with _serving(type("Handler", (_ProxyHandler,), {"proxy": proxy})) as proxy.url:
        yield proxy
        proxy.settle()


def share(shares: dict[Fault, float], *, seed: int) -> Decide:
    """Each fault at its rate; the same for the same request whatever the order of arrival."""

    def decide(method: str, path: str, nth: int) -> Fault | None:
        dice = random.Random(f"{seed}:{method}:{path}:{nth}")  # noqa: S311 (a simulation)
        return dice.choices([*shares, None], [*shares.values(), 1 - sum(shares.values())])[0]

    return decide


class Habit(StrEnum):
    """How a careless server treats conditional writes and bodies."""

    IGNORES = "takes every PUT"
    YES_TO_ALL = "answers 200 to everything and keeps nothing"
    KNOWS_NOT = "answers 501 to conditions"
    LOOKS_FIRST = "looks whether the key is there, then writes"
    DAMAGES = "keeps other bytes than it was sent, and no checksums"


class _CarelessHandler(_Handler):
    habit: ClassVar[Habit]
    kept: ClassVar[dict[str, bytes]]

    def do_PUT(self) -> None:
        body = self.body()
        refusal = self.refusal() if "If-None-Match" in self.headers else None
        if refusal:
            self.reply(refusal, b"<Error><Code>Refused</Code></Error>")
            return
        self.kept[self.path] = body[:-1] if self.habit is Habit.DAMAGES else body
        self.reply(200, ETag='"etag"')

    def refusal(self) -> int | None:
        if self.habit is Habit.KNOWS_NOT:
            return 501
        if self.habit is Habit.LOOKS_FIRST:
            if self.path in self.kept:
                return 412
            time.sleep(_LOOKING_SECONDS)  # noqa: TID251 (a real socket)
        return None

    def do_GET(self) -> None:
        found = self.kept.get(self.path.partition("?")[0])
        if self.habit is Habit.YES_TO_ALL:
            self.reply(200)
        elif found is None:
            self.reply(404, b"<Error><Code>NoSuchKey</Code></Error>")
        else:
            self.reply(200, found, ETag='"etag"')

    do_HEAD = do_GET  # noqa: N815 (the base class calls it so)

    def do_DELETE(self) -> None:
        self.kept.pop(self.path.partition("?")[0], None)
        self.reply(204)


@contextlib.contextmanager
def answering(habit: Habit) -> Iterator[str]:
    """A server with this habit while the block runs; yields its URL."""
    with _serving(type("Handler", (_CarelessHandler,), {"habit": habit, "kept": {}})) as url:
        yield url


@contextlib.contextmanager
def serving_bucket_of(region: str, *, status: int = 200) -> Iterator[str]:
    """A server whose bucket names its region, and answers every HEAD with `status`."""

    class Handler(_Handler):
        def do_HEAD(self) -> None:
            self.reply(status, x_amz_bucket_region=region)

    with _serving(Handler) as url:
        yield url


@contextlib.contextmanager
def serving_mute_bucket(*, waits_seconds: float) -> Iterator[tuple[str, list[str]]]:
    """A server that closes the connection after so long without an answer; and the paths it was asked for."""
    asked: list[str] = []

    class Handler(_Handler):
        def do_HEAD(self) -> None:
            asked.append(self.path)
            pause(waits_seconds)
            self.close_connection = True

    with _serving(Handler) as url:
        yield url, asked
