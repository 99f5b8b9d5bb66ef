"""A Postgres of our own, of the newest version that Debian's package has put here."""

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.servers.processes import Service, environment_of_ours, free_ports, running, wait_until

_DEBIANS: Final = Path("/usr/lib/postgresql")
"""Debian keeps a folder per version here, and only wrappers on the path."""

_NAME: Final = "prefect"
_UNPRIVILEGED: Final = "postgres"
_START_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """A server with one empty database; trusted on loopback, for it lives as long as a test."""

    service: Service
    port: int

    @property
    def url(self) -> str:
        """As SQLAlchemy writes it."""
        return f"postgresql+asyncpg://{_NAME}@127.0.0.1:{self.port}/{_NAME}"

    def ask(self, query: str) -> str:
        """The one value that a query gives."""
        command = [
            _tool("psql"),
            "-h",
            "127.0.0.1",
            "-p",
            str(self.port),
            "-U",
            _NAME,
            "-At",
            "-c",
            query,
            _NAME,
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 (our own server)
        return done.stdout.strip()


@contextmanager
def postgres(folder: Path) -> Iterator[Database]:
    """The server on a free port while the block runs, its data below the folder. Raises: FileNotFoundError."""
    folder.mkdir()
    _give_away(folder)
    (port,) = free_ports(1)
    data = folder / "data"
    # C and UTF-8, as initdb would otherwise take both from whoever runs it.
    making = ["-D", str(data), "-U", _NAME, "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
    _run([_tool("initdb"), *making], folder)
    options = ["-D", str(data), "-h", "127.0.0.1", "-p", str(port), "-k", str(folder)]
    service = Service(
        name="postgres",
        command=_unprivileged([_tool("postgres"), *options, "-c", "fsync=off"]),
        environment=environment_of_ours(folder),
        folder=folder,
        stop_signal=signal.SIGINT,  # a fast shutdown: clients are not waited for
    )
    with running(service):
        _make_database(port, folder)
        yield Database(service=service, port=port)


def _make_database(port: int, folder: Path) -> None:
    def ready() -> bool:
        asking = [_tool("pg_isready"), "-h", "127.0.0.1", "-p", str(port), "-q"]
        return subprocess.run(asking, check=False).returncode == 0  # noqa: S603 (our own server)

    wait_until(ready, seconds=_START_SECONDS, what="postgres answers")
    _run([_tool("createdb"), "-h", "127.0.0.1", "-p", str(port), "-U", _NAME, _NAME], folder)


def missing_for_postgres() -> list[str]:
    """The programs, and for root the user, that `postgres` needs and this machine does not have."""
    absent = [name for name in ("initdb", "postgres", "pg_isready", "createdb", "psql") if not _found(name)]
    if os.geteuid() == 0:
        absent += [name for name in ("setpriv",) if not _found(name)]
        absent += [] if _has_user(_UNPRIVILEGED) else [f"the user {_UNPRIVILEGED}"]
    return absent


def _has_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _found(name: str) -> str | None:
    """The real program, not Debian's wrapper."""
    versions = sorted(_DEBIANS.glob("*/bin"), key=lambda path: float(path.parent.name))
    return shutil.which(name, path=os.pathsep.join([*map(str, reversed(versions)), os.defpath]))


def _tool(name: str) -> str:
    """As above. Raises: FileNotFoundError."""
    found = _found(name)
    if found is None:
        raise FileNotFoundError(f"{name} is not installed")
    return found


def _run(command: Sequence[str], folder: Path) -> None:
    subprocess.run(  # noqa: S603 (our own tools)
        _unprivileged(command),
        cwd=folder,
        env=environment_of_ours(folder),
        stdout=subprocess.DEVNULL,
        check=True,
    )


def _unprivileged(command: Sequence[str]) -> list[str]:
    """Postgres refuses root: then as Debian's own user, in the very process, so that its id is the server's."""
    if os.geteuid() != 0:
        return list(command)
    user = pwd.getpwnam(_UNPRIVILEGED)
    become = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    return ["setpriv", *become, *command]


def _give_away(folder: Path) -> None:
    if os.geteuid() == 0:
        user = pwd.getpwnam(_UNPRIVILEGED)
        os.chown(folder, user.pw_uid, user.pw_gid)
