"""Connections that end without an answer: over a socket, and in-process."""

from typing import Protocol

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["DroppedError", "SimulatorTransport", "cutting"]


class DroppedError(Exception):
    """The connection is cut here. Over a socket `cutting` does it, in-process `SimulatorTransport`."""


class SimulatorTransport(httpx.AsyncBaseTransport):
    """httpx straight into a simulator's app: no sockets, and a cut connection looks like one."""

    def __init__(self, app: ASGIApp) -> None:
        self._inner = httpx.ASGITransport(app=app)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await self._inner.handle_async_request(request)
        except DroppedError as error:
            raise httpx.ReadError("the simulator cut the connection", request=request) from error

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Cuttable(Protocol):
    def abort(self) -> None: ...


def cutting(app: ASGIApp) -> ASGIApp:
    """The app, with a really cut socket where it drops a connection.

    ASGI has no word for that; uvicorn's `send` belongs to an object that holds the transport.
    """

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except DroppedError:
            cycle = getattr(send, "__self__", None)
            transport: _Cuttable | None = getattr(cycle, "transport", None)
            if transport is None:
                raise
            transport.abort()

    return serve
