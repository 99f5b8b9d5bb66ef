"""The walls around every test stand."""

import os
import socket

import pytest


def test_no_test_reaches_the_network() -> None:
    """Not even a socket can be made (pytest-socket warns first, and a warning is an error)."""
    with pytest.raises(UserWarning, match=r"tried to use socket\.socket"):
        socket.socket(socket.AF_INET)


@pytest.mark.enable_socket
def test_a_test_with_sockets_reaches_its_own_machine_only() -> None:
    """`enable_socket` opens the loopback, not the world (192.0.2.1 is nobody: RFC 5737)."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        socket.create_connection(address).close()

    with pytest.raises(UserWarning, match=r"192\.0\.2\.1"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)


def test_the_environment_is_empty() -> None:
    """No setting, key, bucket or proxy of a developer's shell gets into a test."""
    ours = ("HAILUO_", "IMAROUTER_", "AWS_", "PREFECT_API_URL", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")

    assert not [name for name in os.environ if name.upper().startswith(ours)]  # noqa: TID251 (to see it)
