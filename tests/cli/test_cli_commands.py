"""What each command does, against a simulator on loopback."""

import json
import subprocess
import sys

import pytest

from hailuo.cli.main import cli

pytestmark = pytest.mark.enable_socket


def test_help_loads_nothing_heavy():
    """`hailuo --help` answers at once: no Prefect, pandas, av, pydantic or httpx is imported for it."""
    code = (
        "import sys; from hailuo.cli.main import run; run(['--help']);"
        "print([name for name in ('prefect','pandas','av','pydantic','httpx','numpy') if name in sys.modules])"
    )

    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603

    assert said.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", cli.list_commands(None))  # type: ignore[arg-type]  # the context is not looked at
def test_every_command_of_the_list_exists_and_has_help(hailuo, name):
    """The list is written by hand; this holds it to the modules."""
    said = hailuo(name, "--help")

    assert said.code == 0
    assert "Usage: hailuo" in said.out


def test_a_run_stores_every_clip_and_a_second_one_buys_nothing(hailuo, rehearsal, campaign):
    """Exit 0 both times, and the second says that nothing was bought."""
    first = hailuo("run", campaign, "--yes")
    second = hailuo("run", campaign, "--yes")

    assert (first.code, second.code) == (0, 0)
    assert "4 of 4 jobs are stored" in first.out
    assert "nothing was bought" in second.out


def test_a_run_asks_before_spending(hailuo, rehearsal, campaign):
    """Without a terminal there is nobody to ask: refused, nothing bought."""
    said = hailuo("run", campaign)

    assert said.code == 2
    assert "--yes" in said.err
    assert "4 to buy" in hailuo("status", campaign).out


def test_a_plan_over_the_budget_is_refused_whole(hailuo, rehearsal, campaign):
    """All or nothing: not the jobs that would still fit."""
    planned = hailuo("plan", campaign, "--budget", "0.50")
    said = hailuo("run", campaign, "--yes", "--budget", "0.50")

    assert (planned.code, said.code) == (2, 2)
    assert "over the budget of $0.50" in said.err
    assert json.loads(hailuo("status", campaign, "--json").out)["money"]["spent_usd"] == "0"


def test_only_buys_what_was_asked_for(hailuo, rehearsal, campaign):
    """One model of two."""
    said = hailuo("run", campaign, "--yes", "--only", "model=MiniMax-Hailuo-02")

    assert said.code == 0
    assert "2 of 2 jobs are stored" in said.out
    assert "2 stored, 2 to buy" in hailuo("plan", campaign).out


def test_what_is_left_out_is_said_and_still_in_the_manifest(hailuo, rehearsal, campaign, tmp_path):
    """Half of the file was bought: the manifest has a row for every job, and the budget counts them all."""
    plan = hailuo("plan", campaign, "--only", "model=MiniMax-Hailuo-02")

    hailuo("run", campaign, "--yes", "--only", "model=MiniMax-Hailuo-02")

    assert "2 to buy, 2 left out" in plan.out
    manifest = tmp_path / "store" / "small" / "main" / "manifest" / "manifest.jsonl"
    assert len(manifest.read_text().splitlines()) == 4


def test_another_edition_buys_anew(hailuo, rehearsal, campaign):
    """The same edition never does."""
    hailuo("run", campaign, "--yes")

    said = hailuo("plan", campaign, "--edition", "second")

    assert "4 to buy" in said.out


def test_machines_get_json(hailuo, rehearsal, campaign):
    """Plan, run and status, each one JSON document on standard output."""
    plan = json.loads(hailuo("plan", campaign, "--json").out)
    run = json.loads(hailuo("run", campaign, "--yes", "--json").out)
    status = json.loads(hailuo("status", campaign, "--json").out)

    assert {job["decision"] for job in plan["jobs"]} == {"to buy"}
    assert run["exit_code"] == 0
    assert {job["state"] for job in status["jobs"]} == {"stored"}
    assert status["money"]["spent_usd"] == "1.12"


def test_the_manifest_is_rebuilt_from_the_store_alone(hailuo, rehearsal, campaign, tmp_path):
    """Manifest and gallery are made again after they were lost, also where the campaign file is gone."""
    hailuo("run", campaign, "--yes")
    folder = tmp_path / "store" / "small" / "main"
    made = (folder / "manifest" / "manifest.jsonl").read_bytes()
    (folder / "manifest" / "manifest.jsonl").unlink()
    campaign.unlink()

    said = hailuo("manifest", "small/main")

    assert said.code == 0
    assert (folder / "manifest" / "manifest.jsonl").read_bytes() == made
    assert "gallery.html" in said.out


def test_a_manifest_of_nothing_says_so(hailuo, rehearsal, campaign):
    """Nothing ever ran: what to do about it."""
    said = hailuo("manifest", campaign)

    assert said.code == 2
    assert "run it first" in said.err


def test_status_tells_by_its_exit_code_whether_all_is_stored(hailuo, rehearsal, campaign):
    """For scripts: 1 before, 0 after."""
    before = hailuo("status", campaign)
    hailuo("run", campaign, "--yes")
    after = hailuo("status", campaign)

    assert (before.code, after.code) == (1, 0)


def test_the_key_is_nowhere_in_what_is_said_or_stored(hailuo, rehearsal, campaign, tmp_path):
    """Not on the screen, not in the ledger, not in the manifest."""
    said = hailuo("run", campaign, "--yes")

    assert "sk-test" not in said.out + said.err
    stored = [path for path in (tmp_path / "store").rglob("*") if path.is_file()]
    assert stored
    assert not [path for path in stored if b"sk-test" in path.read_bytes()]


def test_faults_of_the_simulator_are_read_with_the_nearest_name(hailuo):
    """A typo in --faults is told before anything is served."""
    said = hailuo("simulate", "--faults", "charged_then_droped=0.1")

    assert said.code == 2
    assert "charged_then_dropped" in said.err
