"""The simulator knows nothing of the client: it would else test the client against itself."""

import subprocess
import sys

import pytest

_ASK = "import sys, hailuo.simulator; print([name for name in sys.modules if name.startswith({!r})])"


@pytest.mark.parametrize("stranger", ["hailuo.api", "hailuo.runner", "hailuo.ledger", "prefect", "boto3"])
def test_the_simulator_imports_nothing_of_the_client(stranger):
    """In a fresh interpreter, not even by detours."""
    asked = subprocess.run(  # noqa: S603 (our own interpreter, our own sentence)
        [sys.executable, "-c", _ASK.format(stranger)], capture_output=True, text=True, check=True
    )

    assert asked.stdout == "[]\n"
