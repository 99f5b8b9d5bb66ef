"""Serves the simulator, or the first frames of a folder, on a socket of this machine."""

import contextlib
import logging
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from hailuo.clock import Clock, SystemClock
from hailuo.simulator.connections import cutting
from hailuo.simulator.options import SimulatorOptions
from hailuo.simulator.service import Simulator

_LOOPBACK = "127.0.0.1"


async def serve(options: SimulatorOptions, *, host: str = _LOOPBACK, port: int) -> None:
    """Serve until cancelled or interrupted."""
    app = cutting(Simulator(options, clock=SystemClock()).app)
    await uvicorn.Server(_config(app, host=host, port=port)).serve()


@contextlib.contextmanager
def simulating(options: SimulatorOptions, *, clock: Clock | None = None) -> Iterator[str]:
    """Serve a simulator on a free port while the block runs. Yields its base URL."""
    with _in_thread(cutting(Simulator(options, clock=clock or SystemClock()).app)) as url:
        yield url


@contextlib.contextmanager
def serving_folder(folder: Path) -> Iterator[str]:
    """Serve the objects of a folder store on a free port, as a bucket would. Yields the URL."""
    folder.mkdir(parents=True, exist_ok=True)
    with _in_thread(Starlette(routes=[Mount("/", StaticFiles(directory=folder))])) as url:
        yield url


@contextlib.contextmanager
def _in_thread(app: ASGIApp) -> Iterator[str]:
    with socket.create_server((_LOOPBACK, 0)) as listener:
        server = uvicorn.Server(_config(app, host=_LOOPBACK, port=0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield f"http://{_LOOPBACK}:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def _config(app: ASGIApp, *, host: str, port: int) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level=logging.WARNING,
        lifespan="off",
        http="h11",
        timeout_graceful_shutdown=5,
    )
