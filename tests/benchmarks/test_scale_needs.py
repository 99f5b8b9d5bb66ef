"""The proof at scale says in one line what it needs and does not find."""

import subprocess
import sys

import pytest


@pytest.mark.slow
def test_a_machine_without_the_servers_is_said_in_one_line_with_the_remedy():
    """No traceback, and its own exit code: 1 is a broken promise."""
    command = [sys.executable, "-m", "benchmarks.scale", "--jobs", "2"]
    environment = {"PATH": "/nowhere"}

    done = subprocess.run(  # noqa: S603 (our own program)
        command, env=environment, capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("make scale-proof: not installed: ")
    assert "redis-server" in line
    assert "apt-get install --yes postgresql redis-server" in line
