"""Serves one gallery to several people: judgements come in and go out while they look.

On this machine by default. Under the name of another host everything needs a token, as the network then sees the server.
"""

import contextlib
import posixpath
import secrets
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hailuo.publish.live import LiveJudgements, RefusedJudgements
from hailuo.publish.serving import running

LOOPBACK: Final = "127.0.0.1"
_OWN_NAMES: Final = frozenset({LOOPBACK, "localhost"})
_JUDGEMENTS: Final = "/judgements"
_VERSION: Final = "judgements-version"
_SAFE: Final = frozenset({"GET", "HEAD"})
_MOST_BYTES: Final = 4_000_000
_FOLDERS: Final = ("/clips/", "/previews/", "/conformed/")
"""What the page loads, beside itself and the report: nothing else of the folder leaves this machine."""
_NO_TOKEN: Final = "Open the whole address that `hailuo open --serve` printed: it ends in a token.\n"  # noqa: S105 (a sentence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a gallery is served. `port` 0 is a free one; `token` opens it to whoever has it."""

    token: str
    host: str = LOOPBACK
    port: int = 0

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach it."""
        return self.host in _OWN_NAMES


def new_token() -> str:
    """A token that cannot be guessed."""
    return secrets.token_urlsafe(24)


@contextlib.contextmanager
def serving_live(folder: Path, *, at: Address, judgements: LiveJudgements) -> Iterator[str]:
    """Serve the gallery of an edition's folder while the block runs; yields the address of its page, with the token.

    Requests under another host's name are refused, so that no page of the web can read the clips under a name of its own.
    Raises: OSError if the host or the port cannot be used.
    """
    with socket.create_server((at.host, at.port)) as listener:
        port = listener.getsockname()[1]
        app = app_of(folder, at=at, cookie=f"hailuo-{port}", judgements=judgements)
        with running(app, listener):
            yield f"http://{at.host}:{port}/gallery.html?token={at.token}"


def app_of(folder: Path, *, at: Address, cookie: str, judgements: LiveJudgements) -> Starlette:
    """What is served. `cookie` is the name under which a browser keeps the token: cookies do not know ports."""
    names = sorted(_OWN_NAMES) if at.is_local else [at.host]
    live = Route(_JUDGEMENTS, _Live(judgements), methods=["GET", "PUT"])
    return Starlette(
        routes=[live, Mount("/", StaticFiles(directory=folder))],
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=names),
            Middleware(_Guard, at=at, cookie=cookie),
        ],
    )


class _Guard:
    """Lets through who has the token, from the address or from the cookie that the address sets.

    Files on this machine need none. What changes something must come from a page of this server: a browser says of every
    such request where it comes from, and no other page can write that it is ours.
    """

    def __init__(self, app: ASGIApp, at: Address, cookie: str) -> None:
        self.app, self.at, self.cookie = app, at, cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope)
        by_address = self._fits(request.query_params.get("token", ""))
        known = by_address or self._fits(request.cookies.get(self.cookie, ""))
        refused: Response | None = None
        if not known and not (self.at.is_local and request.url.path != _JUDGEMENTS):
            refused = PlainTextResponse(_NO_TOKEN, status_code=401)
        elif request.method not in _SAFE and request.headers.get("origin") != _origin(request):
            refused = PlainTextResponse("This request comes from another page.\n", status_code=403)
        elif not self.at.is_local and not _is_of_page(request.url.path):
            refused = PlainTextResponse("Not served to other machines.\n", status_code=404)

        async def with_cookie(message: Message) -> None:
            if by_address and message["type"] == "http.response.start":
                cookie = f"{self.cookie}={self.at.token}; Path=/; HttpOnly; SameSite=Strict"
                message = {**message, "headers": [*message["headers"], (b"set-cookie", cookie.encode())]}
            await send(message)

        await (refused or self.app)(scope, receive, with_cookie)

    def _fits(self, token: str) -> bool:
        return secrets.compare_digest(token.encode(), self.at.token.encode())


def _origin(request: Request) -> str:
    return f"http://{request.headers['host']}"


def _is_of_page(path: str) -> bool:
    """By the file that the path comes to: `/clips/../plan.json` is none of the clips."""
    path = posixpath.normpath(path)
    return (
        path in {_JUDGEMENTS, "/gallery.html"}
        or path.startswith(_FOLDERS)
        or (path.startswith("/reports/") and path.endswith("/report.html"))
    )


class _Live:
    """The judgements of everybody out, those of one person in."""

    def __init__(self, judgements: LiveJudgements) -> None:
        self.judgements = judgements

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        answer = await (self._taken(request) if request.method == "PUT" else self._all(request))
        await answer(scope, receive, send)

    async def _all(self, request: Request) -> Response:
        version, content = await self.judgements.everything()
        headers = {_VERSION: version, "cache-control": "no-store"}
        if request.query_params.get("seen") == version:
            return Response(status_code=204, headers=headers)
        return Response(content, media_type="application/json", headers=headers)

    async def _taken(self, request: Request) -> Response:
        content = b""
        async for part in request.stream():
            content += part
            if len(content) > _MOST_BYTES:
                return PlainTextResponse("Too large.\n", status_code=413)
        try:
            await self.judgements.take(content, is_same_person=request.query_params.get("same") == "yes")
        except RefusedJudgements as error:
            return JSONResponse({"problems": error.problems}, status_code=409 if error.is_equal_name else 400)
        return Response(status_code=204)
