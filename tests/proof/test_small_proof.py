"""The proof of docs/evidence/proof.md at a small size: real processes, real SIGKILL, invoice against ledger."""

import json
import subprocess
import sys
from typing import Any

import pytest

from benchmarks.proof.assignment import Step

pytestmark = [pytest.mark.slow, pytest.mark.enable_socket]

AMBIGUOUS = {Step.BEFORE_POST, Step.AFTER_POST}


def prove(*arguments: str) -> dict[str, Any]:
    """What the command found; it exits with 1 where a promise was broken."""
    command = [sys.executable, "-m", "benchmarks.proof", "--quick", "--json", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_crash_at_any_step_pays_nothing_twice_and_loses_nothing():
    """Killed at each step and started again: the ambiguous submits are held, everything else is stored.

    Held may be more than the one: another job was just being submitted when the process died.
    """
    found = prove("--part", "steps", "--store", "folder")

    assert found["broken"] == []
    assert [row["step"] for row in found["crash_points"]] == list(Step)
    for row in found["crash_points"]:
        (audit,) = row["audits"]
        assert row["kills"] == 1
        assert audit["held"] >= (row["step"] in AMBIGUOUS)
        assert audit["stored"] + audit["held"] == audit["jobs"]
        assert audit["held_charged"] >= (row["step"] == Step.AFTER_POST)


@pytest.mark.parametrize("store", ["folder", "seaweedfs"])
def test_random_crashes_amid_faults_pay_nothing_twice_and_lose_nothing(store):
    """Six kills, 30 % faulty answers, on S3 lost answers too: the books add up to the cent."""
    found = prove("--part", "random", "--store", store)

    (siege,) = found["sieges"]
    assert found["broken"] == []
    assert siege["kills"] >= 6
    assert (siege["lost"] > 0) == (store == "seaweedfs")


def test_two_machines_charge_each_job_once_and_the_survivor_finishes():
    """One of two is killed half-way."""
    found = prove("--part", "race", "--store", "folder")

    (race,) = found["races"]
    assert found["broken"] == []
    assert race["audit"]["stored"] + race["audit"]["held"] == race["jobs"]
    assert race["stored_by_survivor"] > 0


def test_other_attacks_cost_nothing_twice_and_lose_nothing():
    """One trial of each: other prices, hidden refunds, mixed answers, strange words, midnight, clocks, disks, workers."""
    found = prove("--part", "attacks", "--store", "folder")

    assert found["broken"] == []
    assert len(found["attacks"]) == 15
    assert all(row["charged"] > 0 for row in found["attacks"])
    assert sum(row["deaths"] for row in found["attacks"]) > 0
