"""The simulator knows nothing of the client: it would else test the client against itself."""

import subprocess
import sys

import pytest

_ASK = "import sys, hailuo.simulator; print(*sys.modules)"


@pytest.fixture(scope="module")
def imported():
    """What a fresh interpreter knows once it has loaded the simulator."""
    asked = subprocess.run([sys.executable, "-c", _ASK], capture_output=True, text=True, check=True)  # noqa: S603
    return asked.stdout.split()


@pytest.mark.slow
@pytest.mark.parametrize("stranger", ["hailuo.vendor", "hailuo.run", "hailuo.ledger", "prefect", "boto3"])
def test_the_simulator_imports_nothing_of_the_client(imported, stranger):
    """Not even by detours."""
    assert "hailuo.simulator" in imported
    assert [name for name in imported if name.startswith(stranger)] == []
