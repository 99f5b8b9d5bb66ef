"""An address that is no vendor is noticed before anything is bought: not by a POST whose answer holds money."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from hailuo.errors import ExitCode
from hailuo.run.environment import RunEnvironment, within
from tests.support.commands import Command

pytestmark = pytest.mark.enable_socket

STRANGERS = {
    "a web page": (200, "text/html", b"<html>Welcome</html>"),
    "a page that is not there": (404, "text/html", b"<html>Not found</html>"),
    "an empty answer": (200, "text/plain", b""),
    "a gateway without videos": (
        404,
        "application/json",
        json.dumps(
            {"error": {"message": "Invalid URL (GET /v1/videos)", "type": "invalid_request_error"}}
        ).encode(),
    ),
}


@pytest.fixture
def stranger(request: pytest.FixtureRequest) -> Iterator[tuple[str, list[str]]]:
    """A server on loopback that answers everything in one way: its address, and the methods that it was asked."""
    status, kind, body = STRANGERS[request.param]
    methods: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            methods.append(self.command)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = answer  # noqa: N815 (the names that the library asks for)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", methods
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("stranger", STRANGERS, indirect=True)
def test_an_address_that_is_no_vendor_buys_nothing(
    hailuo: Command, rehearsal: RunEnvironment, campaign: Path, stranger: tuple[str, list[str]]
) -> None:
    """Refused with the address; no POST is sent, and no money is held."""
    address, methods = stranger
    changed = rehearsal.settings.model_copy(update={"base_url": address})

    with within(replace(rehearsal, settings=changed)):
        said = hailuo("run", campaign, "--yes")

    assert said.code == ExitCode.REFUSED
    assert address in said.err
    assert "nothing was bought" in said.err
    assert set(methods) == {"GET"}
