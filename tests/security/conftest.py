"""A key that is easy to find again, a vendor that repeats whatever it is told, and everything a run leaves."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pydantic import SecretStr

from hailuo.clock import RehearsalClock
from hailuo.run.environment import RunEnvironment, within
from hailuo.settings import Settings
from tests.support.commands import Said
from tests.support.rehearsals import CLIENT_SPEED, QUICK, rehearsing

KEY = "Zx81NeverShowMeQy92"
"""Not of the form `sk-...`: it is the key itself that must be found and cut out."""

SIGNED = "https://bucket.example/frame.png?X-Amz-Signature=0ff1ce0ff1ce"
SIGNATURE = "0ff1ce0ff1ce"

CAMPAIGN = """\
campaign: small
retries: {failed: 0}
defaults: {size: 768p, duration: 6, model: MiniMax-Hailuo-02}
matrix:
  prompt:
    - {id: failed, text: Perfume bottle that fails}
    - {id: lost, text: Perfume bottle that is lost}
    - {id: refused, text: Perfume bottle that is refused}
"""


@dataclass
class Parrot:
    """A vendor on loopback that says `words`, and the key it was shown, wherever an answer has room for text."""

    words: str = SIGNED
    posts: list[str] = field(default_factory=list)
    on_post: Callable[[], None] = lambda: None

    def answer(self, method: str, path: str, key: str, body: str) -> tuple[int, str]:
        said = f"{self.words} {key} {key.upper()}"
        trouble = {"code": said, "message": said}
        if "balance" in path:
            return 200, json.dumps({"data": {"balance_usd": "100"}})
        if method == "GET":
            task_id = path.rpartition("/")[2]
            return 200, json.dumps({"task_id": task_id, "status": "failed", "model": said, "error": trouble})
        self.posts.append(body)
        self.on_post()
        if "fails" in body:
            return 200, json.dumps({"task_id": f"task_{len(self.posts)}"})
        return (502, f"<html>{said}</html>") if "lost" in body else (400, json.dumps(trouble))


@pytest.fixture
def parrot() -> Parrot:
    return Parrot()


@pytest.fixture
def client_speed() -> float:
    """How fast the client's clock runs; a test that has to wait for its patience may override it."""
    return CLIENT_SPEED


@contextlib.contextmanager
def talking_to(parrot: Parrot, store: Path, client_speed: float = CLIENT_SPEED) -> Iterator[RunEnvironment]:
    """Every command of the block talks to the parrot, with a clock of its own and a folder store."""

    class Handler(BaseHTTPRequestHandler):
        def _speak(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            key = self.headers.get("Authorization", "").removeprefix("Bearer ")
            status, text = parrot.answer(self.command, self.path, key, body)
            content = text.encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("X-Request-Id", f"request {key}")
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _speak  # noqa: N815 (the library's names)

        def log_message(self, format: str, *args: object) -> None:
            del format, args

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        settings = Settings(
            api_key=SecretStr(KEY),
            base_url=f"http://127.0.0.1:{server.server_address[1]}",
            store=str(store),
            checks="off",
            **QUICK,
        )
        place = RunEnvironment(settings=settings, clock=RehearsalClock(client_speed))
        with within(place):
            yield place
        server.shutdown()
        thread.join()


@pytest.fixture
def echoing(parrot: Parrot, tmp_path: Path, client_speed: float) -> Iterator[RunEnvironment]:
    """Every command of the test talks to the parrot."""
    with talking_to(parrot, tmp_path / "store", client_speed) as place:
        yield place


@pytest.fixture
def rehearsal(tmp_path: Path, client_speed: float) -> Iterator[RunEnvironment]:
    """A quick simulator around every command of the test, a key of the vendor's form, a folder store."""
    with rehearsing(tmp_path / "store", key=f"sk-{KEY}", client_speed=client_speed) as place:
        yield place


@pytest.fixture
def campaign(tmp_path: Path) -> Path:
    """Three jobs of one model: one fails, one is lost, one is refused by the parrot."""
    path = tmp_path / "small.yaml"
    path.write_text(CAMPAIGN)
    return path


@pytest.fixture
def left_behind(tmp_path: Path) -> Callable[..., str]:
    """All that commands said and all that lies in the store, names and contents."""

    def collect(*said: Said) -> str:
        files = [path for path in (tmp_path / "store").rglob("*") if path.is_file()]
        contents = [f"{path}\n{path.read_bytes().decode('utf-8', 'replace')}" for path in files]
        return "\n".join([*(f"{one.out}\n{one.err}" for one in said), *contents])

    return collect
