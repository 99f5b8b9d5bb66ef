"""A Redis of our own: Prefect's messages, leases and event order outlive a restart of its server there."""

import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.servers.processes import Service, environment_of_ours, free_ports, running, wait_until

_PROGRAM: Final = "redis-server"
_START_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """A server that answers, empty."""

    service: Service
    port: int

    def url(self, database: int) -> str:
        """One of its numbered databases."""
        return f"redis://127.0.0.1:{self.port}/{database}"


def missing_for_redis() -> list[str]:
    """The program that `redis` needs, if this machine does not have it."""
    return [] if shutil.which(_PROGRAM) else [_PROGRAM]


@contextmanager
def redis(folder: Path) -> Iterator[Broker]:
    """The server on a free port while the block runs. Raises: FileNotFoundError."""
    program = shutil.which(_PROGRAM)
    if program is None:
        raise FileNotFoundError(f"{_PROGRAM} is not installed")
    folder.mkdir()
    (port,) = free_ports(1)
    options = [
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--dir",
        str(folder),
        "--save",
        "",
        "--appendonly",
        "yes",
    ]
    service = Service(
        name="redis",
        command=[program, *options],
        environment=environment_of_ours(folder),
        folder=folder,
    )
    with running(service):
        wait_until(lambda: _answers(port), seconds=_START_SECONDS, what="redis answers")
        yield Broker(service=service, port=port)


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False
