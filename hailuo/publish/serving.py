"""Serves galleries and reports of a folder store, with byte ranges: browsers need them to seek in a video.

`python -m hailuo.publish.serving FOLDER --port 4300` serves a whole store beside Prefect's UI, until Ctrl-C.
HAILUO_PAGES_URL then names its address to the flows. Records of money are not served.
"""

import argparse
import contextlib
import logging
import socket
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from hailuo.settings import load_settings
from hailuo.store.layout import Folder

_LOOPBACK: Final = "127.0.0.1"
_PRIVATE: Final = frozenset(
    {Folder.MONEY, Folder.PRICES, Folder.TASKS, Folder.LEDGER, Folder.ROLLUPS, Folder.SHARDS, Folder.SCRATCH}
)
"""Folders that no page shows: what was paid, and by whom."""


class _Pages(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        if not _PRIVATE.isdisjoint(PurePosixPath(path).parts):
            raise HTTPException(404)
        return await super().get_response(path, scope)


@contextlib.contextmanager
def serving(
    folder: Path, *, port: int = 0, host: str = _LOOPBACK, names: Sequence[str] = ()
) -> Iterator[str]:
    """Serve the pages of a folder while the block runs, on a free port if `port` is 0. Yields the URL.

    Requests for another host than loopback and `names` are refused, so that no page of the web can read the clips under
    a name of its own. Raises: OSError if the port cannot be used.
    """
    with socket.create_server((host, port)) as listener:
        allowed = [_LOOPBACK, "localhost", *names]
        app = Starlette(
            routes=[Mount("/", _Pages(directory=folder, check_dir=False))],
            middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=allowed)],
        )
        with running(app, listener):
            yield f"http://{host}:{listener.getsockname()[1]}"


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


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m hailuo.publish.serving", description=__doc__)
    parser.add_argument("folder", type=Path, help="the store: HAILUO_STORE")
    parser.add_argument("--port", type=int, default=4300)
    parser.add_argument("--host", default=_LOOPBACK, help="0.0.0.0 in a container")
    given = parser.parse_args()
    own = urlsplit(load_settings().pages_url or "").hostname
    with (
        serving(given.folder, port=given.port, host=given.host, names=[own] if own else []),
        contextlib.suppress(KeyboardInterrupt),
    ):
        threading.Event().wait()


if __name__ == "__main__":
    _main()
