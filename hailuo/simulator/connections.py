"""Connections that end too early, over a socket and in-process."""

import asyncio
from collections.abc import AsyncIterator, Coroutine

import httpx
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class ConnectionCutError(Exception):
    """Ends the connection: `cutting` does so over a socket, `SimulatorTransport` in-process.

    An `orderly` end is a normal close, which looks like the end of the body. A `silent` one comes after a time
    longer than any client waits. A `refused` one never began; over a socket it is cut at once.
    """

    def __init__(self, *, orderly: bool = False, silent: bool = False, refused: bool = False) -> None:
        self.orderly = orderly
        self.silent = silent
        self.refused = refused
        super().__init__("the simulator cut the connection")


class BrokenOffResponse(Response):
    """Sends a body shorter than its Content-Length, then ends the connection."""

    def __init__(self, response: Response, *, promised_bytes: int, orderly: bool) -> None:
        super().__init__(response.body, response.status_code, media_type=response.media_type)
        self.raw_headers = list(response.raw_headers)
        self.headers["Content-Length"] = str(promised_bytes)
        self._orderly = orderly

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        start = {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        await send(start)
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        raise ConnectionCutError(orderly=self._orderly)


class SimulatorTransport(httpx.AsyncBaseTransport):
    """An httpx transport that calls a simulator's app without sockets. A cut connection raises, as on a socket."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The app's answer. Raises httpx.ReadError, httpx.ReadTimeout or httpx.ConnectError where none comes."""
        watched = _Watched(self._app)
        try:
            response = await httpx.ASGITransport(app=watched).handle_async_request(request)
        except ConnectionCutError as error:
            kind = httpx.ReadTimeout if error.silent else httpx.ReadError
            raise (httpx.ConnectError if error.refused else kind)(str(error), request=request) from error
        if watched.cut_while_sending:
            assert isinstance(response.stream, httpx.AsyncByteStream)  # noqa: S101 (for the type checker)
            response.stream = _CutStream(response.stream, request)
        return response


class _Watched:
    """Wraps an app for one request, and records whether its connection was cut within the body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._started = False
        self.cut_while_sending = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def watching(message: Message) -> None:
            self._started = True
            await send(message)

        try:
            await self._app(scope, receive, watching)
        except ConnectionCutError as error:
            if not self._started:
                raise
            self.cut_while_sending = not error.orderly
            await send({"type": "http.response.body", "body": b"", "more_body": False})


class _CutStream(httpx.AsyncByteStream):
    """Yields what was sent before the cut, then raises httpx.ReadError."""

    def __init__(self, stream: httpx.AsyncByteStream, request: httpx.Request) -> None:
        self._stream = stream
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            yield part
        raise httpx.ReadError("the simulator cut the connection", request=self._request)


def cutting(app: ASGIApp) -> ASGIApp:
    """Wrap an app so that ConnectionCutError really cuts the socket.

    ASGI has no message for that. uvicorn's `send` is a method of the object that holds the transport.
    """

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except ConnectionCutError as error:
            transport: asyncio.Transport | None = getattr(getattr(send, "__self__", None), "transport", None)
            if transport is None:
                raise
            if error.orderly:
                transport.close()
            else:
                transport.abort()
            await _gone(receive)

    return serve


async def body_of(request: Request) -> bytes:
    """The request's body. Raises ConnectionCutError where the client hung up before it was complete."""
    try:
        return await request.body()
    except ClientDisconnect as error:
        raise ConnectionCutError from error


async def until_gone(receive: Receive, patience: Coroutine[None, None, None]) -> None:
    """Wait until the client has hung up, or until `patience` ends."""
    waits = [asyncio.ensure_future(_gone(receive)), asyncio.ensure_future(patience)]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


async def _gone(receive: Receive) -> None:
    """Wait until the server knows that the client is gone. Otherwise it logs an incomplete answer as an error."""
    while (await receive())["type"] != "http.disconnect":
        pass
