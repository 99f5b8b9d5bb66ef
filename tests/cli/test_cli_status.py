"""What `status` and the lines of a run say about jobs that are not stored."""

import json
from datetime import datetime

import pytest

from hailuo.cli.progress import Watcher
from hailuo.run.events import Event, EventKind
from hailuo.simulator import FaultName, FaultPlan, ScriptedFault

pytestmark = pytest.mark.enable_socket


def scripted(fault: FaultName, skip: int) -> FaultPlan:
    return FaultPlan(script=(ScriptedFault(fault=fault, skip=skip),))


class TestASubmitWithoutAVerdict:
    """One of four was cut off after the vendor took it."""

    @pytest.fixture
    def vendor(self):
        return {"faults": scripted(FaultName.CHARGED_THEN_DROPPED, skip=3)}

    def test_it_is_held_with_its_money_and_listed(self, hailuo, rehearsal, campaign):
        """The run ends with 1 and names it; status says what it holds and why."""
        ran = hailuo("run", campaign, "--yes")
        status = hailuo("status", campaign)

        assert (ran.code, status.code) == (1, 1)
        assert "unknown: may have been bought" in ran.out
        assert "$0.28 reserved" in status.out
        assert "not finished" in status.out
        assert "unknown" in status.out

    def test_the_next_run_does_not_send_it_again(self, hailuo, rehearsal, campaign):
        """Held is held."""
        hailuo("run", campaign, "--yes")

        again = hailuo("run", campaign, "--yes", "--json")

        states = [job["state"] for job in json.loads(again.out)["jobs"]]
        assert sorted(states) == ["stored", "stored", "stored", "unknown"]


class TestARefusedKey:
    """The key is revoked in the middle of the run."""

    @pytest.fixture
    def vendor(self):
        return {"faults": scripted(FaultName.KEY_REFUSED, skip=2)}

    def test_the_run_stops_and_says_what_to_do(self, hailuo, rehearsal, campaign):
        """Exit 3; what was bought is stored."""
        said = hailuo("run", campaign, "--yes")

        assert said.code == 3
        assert "stopped buying" in said.err
        assert "4 of 4" not in said.out
        assert hailuo("run", campaign, "--yes").code == 0  # the key is good again, and nothing is lost


@pytest.mark.parametrize(
    ("kind", "text", "line"),
    [
        (EventKind.SUBMITTED, "task_1", "ID submitted as task_1"),
        (EventKind.STORED, "clips/ID.mp4", "ID stored"),
        (EventKind.SLOWED, "HTTP 429", "ID waits: HTTP 429"),
        (EventKind.ENDED, "refused", "ID refused"),
        (EventKind.ENDED, "", None),
        (EventKind.STOPPED, "key refused", "stopped buying: key refused"),
    ],
)
def test_every_event_has_its_line(capsys, kind, text, line):
    """Without a terminal a run is followed line by line, each with its time."""
    watcher = Watcher()

    watcher(Event(kind=kind, creative_id="ID", text=text))

    time, _, words = capsys.readouterr().out.partition(" ")
    assert words == (f"{line}\n" if line else "")
    assert not words or datetime.fromisoformat(time).tzinfo


def test_what_came_from_the_vendor_steers_no_terminal(capsys):
    """Escape sequences are shown as what they are not."""
    Watcher()(Event(kind=EventKind.SLOWED, creative_id="ID", text="\x1b[2J\x1b]0;owned\x07"))

    assert "\x1b" not in capsys.readouterr().out
