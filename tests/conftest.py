"""Every test runs without a network, in an empty environment, and with the same examples on every machine.

`make fuzz` alone takes other examples each time.
"""

import gc
import os
import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from pytest_socket import disable_socket, socket_allow_hosts

if TYPE_CHECKING:
    from hailuo.campaign.catalog import Catalog
    from tests.support.commands import Command
    from tests.support.servers.s3 import S3Server
    from tests.support.worlds import World

_AT_ANY_PACE = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("same", _AT_ANY_PACE, derandomize=True, max_examples=25)
settings.register_profile("few", settings.get_profile("same"), max_examples=10)  # `make unit`
settings.register_profile("fuzz", _AT_ANY_PACE, print_blob=True)  # `make fuzz`: other examples each time
settings.register_profile(
    "answers", settings.get_profile("fuzz"), max_examples=900
)  # `make fuzz`: six answers each
settings.load_profile("same")

_LOOPBACK = ["127.0.0.1", "::1", "localhost"]
_OURS = re.compile(r"(HAILUO|IMAROUTER|AWS)_.*|PREFECT_API_URL|(ALL|HTTPS?|NO)_PROXY", re.IGNORECASE)


_WHOLE = frozenset({"benchmarks", "cli", "processes", "proof", "run", "security"})
"""Folders whose tests drive whole runs or commands: `make unit` leaves them to `make test`."""

_QUICK = frozenset({"test_balances.py", "test_cli_init.py", "test_cli_price.py", "test_cli_refusals.py"})
"""Files of these folders that are quick all the same, so that `make unit` sees each room."""


_LEFT_OUT = re.compile(r"^pytestmark = \[?[^\]=]*\bmark\.(slow|prefect|browser)\b", re.MULTILINE)
"""What a module begins with that `make unit` leaves out as a whole."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--page-browser", choices=["chromium", "firefox"], default="chromium", help="Where pages are tested."
    )


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """What a part of the tests leaves out it need not import either: that alone took half of its time."""
    chosen = config.option.markexpr
    if not fnmatch(collection_path.name, "test_*.py"):
        return None
    if "not whole" in chosen and _is_whole(collection_path):
        return True
    text = collection_path.read_text(encoding="utf-8")
    if "not whole" in chosen:
        return bool(_LEFT_OUT.search(text)) or None
    signs = {name: f"mark.{name}" for name in ("prefect", "browser", "long")} | {"hypothesis": "hypothesis"}
    sign = signs.get(chosen, "")
    return sign not in text or None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark by folder what no unit test is."""
    for item in items:
        if _is_whole(item.path):
            item.add_marker(pytest.mark.whole)


def _is_whole(path: Path) -> bool:
    return path.parent.name in _WHOLE and path.name not in _QUICK


gc.disable()  # what is imported and collected stays


def pytest_collection_finish() -> None:
    """Thousands of tests stay to the end: no collection of garbage need look at them again and again."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl(tryfirst=True)  # before pytest-socket's own, and before any fixture
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Shut the network; a test marked `enable_socket` may talk to its own machine, nobody beyond."""
    if item.get_closest_marker("enable_socket"):
        socket_allow_hosts(_LOOPBACK, allow_unix_socket=True)
    else:
        disable_socket(allow_unix_socket=True)  # an event loop wakes itself through one


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a developer has set changes no test."""
    for name in filter(_OURS.fullmatch, list(os.environ)):  # noqa: TID251 (to empty it)
        monkeypatch.delenv(name)


@pytest.fixture(scope="session", name="seaweedfs")
def _seaweedfs(tmp_path_factory: pytest.TempPathFactory) -> Iterator["S3Server"]:
    """A real S3 server that checks keys, signatures, checksums and conditions; one for all tests."""
    from tests.support.servers.s3 import seaweedfs  # noqa: PLC0415 (only tests of S3 pay for boto3)

    with seaweedfs(tmp_path_factory.mktemp("seaweedfs")) as server:
        yield server


@pytest.fixture(scope="session", name="ministack")
def _ministack(tmp_path_factory: pytest.TempPathFactory) -> Iterator["S3Server"]:
    """A second S3 server, written by others: what both do is not one server's whim."""
    from tests.support.servers.s3 import ministack  # noqa: PLC0415 (only tests of S3 pay for boto3)

    with ministack(tmp_path_factory.mktemp("ministack")) as server:
        yield server


@pytest.fixture(scope="session", name="server")
def _prefect_server() -> Iterator[None]:
    """Prefect's embedded server; one for all tests."""
    from tests.support.prefect_server import embedded_server  # noqa: PLC0415 (only tests of flows pay for Prefect)

    with embedded_server():
        yield


@pytest.fixture
def hailuo(capsys: pytest.CaptureFixture[str]) -> "Command":
    """`hailuo("plan", "file")`: the command in this process."""
    from tests.support.commands import commands  # noqa: PLC0415 (only tests of commands pay for them)

    return commands(capsys)


@pytest.fixture(scope="session")
def catalog() -> "Catalog":
    """The built-in catalog."""
    from hailuo.campaign.files import load_catalog  # noqa: PLC0415 (as above)

    return load_catalog()


@pytest.fixture
def make_world(catalog: "Catalog") -> "Callable[..., World]":
    """`make_world(faults=..., jobs=30)`: a rehearsal in virtual time."""
    from tests.support.worlds import world_of  # noqa: PLC0415 (as above)

    return partial(world_of, catalog)
