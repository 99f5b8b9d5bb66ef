"""The simulator is for this machine alone, and holds nothing that anybody would want; see SECURITY.md."""

import socket
import subprocess
import sys
import time

import httpx
import pytest
from pytest_socket import socket_allow_hosts

from hailuo.campaign.files import load_catalog
from hailuo.simulator import SimulatorOptions, serving_folder, simulating

pytestmark = [pytest.mark.slow, pytest.mark.enable_socket]

ELSEWHERE = "127.0.0.2"
"""Another address of this machine: reached only by who listens on all of them."""


def answers(host: str, port: int) -> bool:
    with socket.socket() as caller:
        caller.settimeout(2)
        return caller.connect_ex((host, port)) == 0


def test_what_the_rehearsal_serves_is_served_to_this_machine_only(tmp_path):
    """Simulator and first frames listen on 127.0.0.1, and on no other address."""
    socket_allow_hosts(["127.0.0.1", ELSEWHERE], allow_unix_socket=True)
    with simulating(SimulatorOptions(catalog=load_catalog())) as vendor, serving_folder(tmp_path) as folder:
        ports = [httpx.URL(url).port or 0 for url in (vendor, folder)]

        assert [answers("127.0.0.1", port) for port in ports] == [True, True]
        assert [answers(ELSEWHERE, port) for port in ports] == [False, False]


def test_the_command_simulate_listens_on_this_machine_only():
    """There is no option to change that."""
    socket_allow_hosts(["127.0.0.1", ELSEWHERE], allow_unix_socket=True)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", "from hailuo.cli import main; main()", "simulate", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:  # noqa: S603
        try:
            deadline = time.monotonic() + 120  # noqa: TID251 (a real process)
            while not answers("127.0.0.1", port) and time.monotonic() < deadline:  # noqa: TID251
                pass
            assert answers("127.0.0.1", port)
            assert not answers(ELSEWHERE, port)
        finally:
            process.terminate()


def test_the_simulator_keeps_no_key_that_it_was_shown(rehearsal, hailuo, campaign):
    """Any key of the vendor's form is let in, and none is written down: a real one by mistake stays unknown."""
    hailuo("run", campaign, "--yes")

    invoice = httpx.get(f"{rehearsal.settings.base_url}/_sim/invoice").text

    assert "Perfume bottle" in invoice
    assert rehearsal.settings.api_key.get_secret_value() not in invoice
