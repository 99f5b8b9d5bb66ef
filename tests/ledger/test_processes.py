"""A process is only said to be dead where that is certain."""

import subprocess
import sys

import pytest

from hailuo.ledger.processes import has_died, this_process

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux names a process in /proc"
)
_CHILD = "from hailuo.ledger.processes import this_process; print(this_process(), flush=True); input()"


def test_a_process_that_ended_has_died_and_one_that_runs_has_not() -> None:
    """By its start too: its number may be another's by now."""
    command = [sys.executable, "-c", _CHILD]
    with subprocess.Popen(  # noqa: S603 (our own)
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout
        name = child.stdout.readline().strip()
        before = has_died(name)
        child.communicate("\n")

    machine, number, start = name.rsplit("/", 2)
    assert (before, has_died(name)) == (False, True)
    assert has_died(f"{machine}/{number}/{int(start) - 1}")
    assert not has_died(this_process())


@pytest.mark.parametrize("name", [None, "", "x", "a/b/1/2", "another-boot/pid:[1]/1/1", "a/b/c/d"])
def test_a_process_of_another_machine_is_never_dead(name: str | None) -> None:
    """Nor one that has no name, or a name that cannot be read."""
    assert not has_died(name)
