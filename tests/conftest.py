"""Every test runs without a network, in an empty environment, and with the same examples on every machine."""

import os
import re

import pytest
from hypothesis import settings
from pytest_socket import disable_socket, socket_allow_hosts

settings.register_profile("house", deadline=None, derandomize=True)
settings.load_profile("house")

_LOOPBACK = ["127.0.0.1", "::1", "localhost"]
_OURS = re.compile(r"(HAILUO|IMAROUTER|AWS)_.*|PREFECT_API_URL|(ALL|HTTPS?|NO)_PROXY", re.IGNORECASE)


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
