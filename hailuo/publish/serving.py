"""Serves a gallery's folder on this machine, with byte ranges: browsers need them to seek in a video."""

import contextlib
import logging
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

_LOOPBACK: Final = "127.0.0.1"


@contextlib.contextmanager
def serving(folder: Path, *, port: int = 0) -> Iterator[str]:
    """Serve the files of a folder on loopback while the block runs, on a free port if `port` is 0. Yields the URL.

    Requests for another host are refused, so that no page of the web can read the clips under a name of its own.
    Raises: OSError if the port cannot be used.
    """
    with socket.create_server((_LOOPBACK, port)) as listener:
        app = Starlette(
            routes=[Mount("/", StaticFiles(directory=folder))],
            middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[_LOOPBACK, "localhost"])],
        )
        with running(app, listener):
            yield f"http://{_LOOPBACK}:{listener.getsockname()[1]}"


@contextlib.contextmanager
def running(app: Starlette, listener: socket.socket) -> Iterator[None]:
    """Answer what arrives at a listening socket, in a thread of its own, while the block runs."""
    config = uvicorn.Config(
        app, log_level=logging.ERROR, lifespan="off", http="h11", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()
