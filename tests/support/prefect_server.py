"""One embedded Prefect server for all tests of a process."""

import gc
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from pytest_socket import enable_socket


@contextmanager
def embedded_server() -> Iterator[None]:
    """Prefect's own server in a temporary database."""
    from prefect.testing.utilities import prefect_test_harness  # noqa: PLC0415 (imports the whole server)

    enable_socket()
    with prefect_test_harness(server_startup_timeout=180):
        gc.collect()
        gc.freeze()  # the server's modules stay: `collect_clients` need not look at them after each test
        yield
    collect_clients()


def collect_clients() -> None:
    """Prefect leaves clients open: close them here, not as a warning in whichever test comes next."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
