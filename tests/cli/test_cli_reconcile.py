"""`hailuo reconcile`: what it lists, what it takes, and what it refuses."""

import json

import httpx
import pytest

from hailuo.campaign.job import creative_id_of
from hailuo.run.environment import RunEnvironment, within
from hailuo.simulator import FaultName, FaultPlan, ScriptedFault

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def lost() -> FaultName:
    """How the last of four submits is lost."""
    return FaultName.CHARGED_THEN_502


@pytest.fixture
def vendor(lost):
    return {"faults": FaultPlan(script=(ScriptedFault(fault=lost, skip=3),))}


@pytest.fixture
def ran(hailuo, rehearsal, campaign):
    """The campaign, run once: three clips are stored, one submit is unknown."""
    assert hailuo("run", campaign, "--yes").code == 1
    return campaign


@pytest.fixture
def unknown(hailuo, ran):
    """The unknown attempt, as machines get it."""
    (attempt,) = json.loads(hailuo("reconcile", ran, "--json").out)["unknown"]
    return attempt


@pytest.fixture
def task_id(ran, rehearsal):
    """The task that the vendor made and did not name."""
    lines = httpx.get(f"{rehearsal.settings.base_url}/_sim/invoice").json()["lines"]
    (line,) = [line for line in lines if not line["answered"]]
    return line["task_id"]


def test_the_list_says_all_that_a_person_needs(hailuo, ran, unknown):
    """Id, time, request, money, what was seen, and what to type next."""
    said = hailuo("reconcile", ran)

    assert said.code == 1
    assert "1 attempt unknown, $0.28 reserved" in said.out
    assert f"  {unknown['creative_id']}  attempt 1 of 20" in said.out
    assert f"{unknown['model']}, 6 s, 768p, prompt stone, take {unknown['take']}" in said.out
    assert "seen: HTTP 502, " in said.out
    assert "request id" in said.out
    assert f"  hailuo reconcile {ran} adopt {unknown['creative_id']} TASK_ID" in said.out
    assert f"  hailuo reconcile {ran} abandon {unknown['creative_id']} --why TEXT" in said.out


def test_machines_get_the_same(hailuo, ran, unknown):
    """One document; money as text, to the cent."""
    said = json.loads(hailuo("reconcile", ran, "--json").out)

    assert (said["campaign"], said["edition"]) == ("small", "main")
    assert (said["unknown_usd"], said["in_doubt_usd"], said["paid_twice_usd"]) == ("0.28", "0", "0")
    assert (unknown["reserved_usd"], unknown["seen"]["http_status"]) == ("0.28", 502)


def test_plan_run_and_status_say_how_to_go_on(hailuo, ran):
    """Whoever sees the money held sees the command."""
    for said in (hailuo("plan", ran), hailuo("run", ran, "--yes"), hailuo("status", ran)):
        assert "1 submit with unknown outcome, $0.28 reserved: run hailuo reconcile small/main" in said.out


def test_adopting_the_task_brings_its_clip_home(hailuo, ran, unknown, task_id):
    """Nothing is bought, four of four are stored, and nothing is left to settle."""
    adopted = hailuo("reconcile", ran, "adopt", unknown["creative_id"], task_id)
    again = hailuo("run", ran, "--yes")

    assert adopted.code == 0
    assert f"task {task_id} is adopted as attempt 1; the next run collects it" in adopted.out
    assert (again.code, "nothing was bought" in again.out) == (0, True)
    assert hailuo("reconcile", ran).out == "no submit has an unknown outcome\n"


def test_abandoning_says_what_it_may_cost(hailuo, ran, unknown):
    """And the next run buys the clip again."""
    released = hailuo("reconcile", ran, "abandon", unknown["creative_id"], "--why", "not in the task log")
    again = hailuo("run", ran, "--yes", "--json")

    assert released.code == 0
    assert "$0.28 was spent, and the next run spends it again" in released.out
    assert json.loads(again.out)["exit_code"] == 0


def test_a_decision_is_told_to_machines_too(hailuo, ran, unknown, task_id):
    """One document each."""
    creative_id = unknown["creative_id"]

    adopted = json.loads(hailuo("reconcile", ran, "adopt", creative_id, task_id, "--json").out)

    assert adopted["adopted"] == {
        "creative_id": creative_id,
        "attempt": 1,
        "task_id": task_id,
        "warnings": [],
    }


def test_it_works_where_the_campaign_file_is_gone(hailuo, ran, unknown, task_id):
    """By the names in the store."""
    ran.unlink()

    listed = hailuo("reconcile", "small/main")
    adopted = hailuo("reconcile", "small/main", "adopt", unknown["creative_id"], task_id)

    assert (listed.code, adopted.code) == (1, 0)
    assert f"hailuo reconcile small/main adopt {unknown['creative_id']} TASK_ID" in listed.out


def test_what_is_typed_next_names_the_edition_and_can_be_pasted(hailuo, rehearsal, campaign):
    """Another edition, and a file whose name has a blank."""
    file = campaign.rename(campaign.with_name("my campaign.yaml"))
    hailuo("run", file, "--yes", "--edition", "second")

    said = hailuo("reconcile", file, "--edition", "second")

    assert f"hailuo reconcile '{file}' --edition second adopt " in said.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("adopt",), "after FILE, type nothing or one of: adopt CREATIVE_ID TASK_ID"),
        (("adopt", "A", "B", "--why", "C"), "after FILE, type nothing"),
        (("abandon", "A"), "abandon needs --why TEXT"),
        (("forget", "A"), "after FILE, type nothing"),
        (("--why", "C"), "after FILE, type nothing"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_read(hailuo, campaign, words, said):
    """Exit 2, with the words that could be meant."""
    answer = hailuo("reconcile", campaign, *words)

    assert answer.code == 2
    assert said in answer.err


def test_a_refused_decision_ends_with_two_and_one_line(hailuo, ran, unknown):
    """Nothing is written; the vendor's or the user's text steers no terminal."""
    said = hailuo("reconcile", ran, "adopt", unknown["creative_id"], "task_\x1b[2J")

    assert (said.code, said.out) == (2, "")
    assert said.err == "task 'task_ [2J': is no task id; copy it from the vendor's console\n"


def test_names_that_were_never_run_are_no_good_news(hailuo, rehearsal, campaign):
    """A typo in the edition does not read as "nothing is unknown"."""
    said = hailuo("reconcile", campaign, "--edition", "second-night")

    assert said.code == 2
    assert "holds no run of small, edition second-night" in said.err


def test_adopting_needs_the_key(hailuo, ran, unknown, rehearsal):
    """The vendor is asked; the list is not, and works without."""
    keyless = rehearsal.settings.model_copy(update={"api_key": None})
    with within(RunEnvironment(settings=keyless, clock=rehearsal.clock)):
        listed = hailuo("reconcile", ran)
        adopted = hailuo("reconcile", ran, "adopt", unknown["creative_id"], "task_1")

    assert (listed.code, adopted.code) == (1, 2)
    assert "IMAROUTER_API_KEY: is not set" in adopted.err


def planted(tmp_path, creative_id: str, attempt: int, name: str, fact: dict[str, object]) -> None:
    """A fact that another process has written."""
    folder = tmp_path / "store" / "small" / "main" / "ledger" / "v1" / creative_id / f"a{attempt:03}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(fact))


def test_a_late_task_id_is_adopted_and_told(hailuo, ran, unknown, task_id, tmp_path, rehearsal):
    """Abandoned; then the first run's answer came: listing it is settling it."""
    creative_id = unknown["creative_id"]
    hailuo("reconcile", ran, "abandon", creative_id, "--why", "not in the task log")
    base_url = rehearsal.settings.base_url
    late = {"task_id": task_id, "base_url": base_url, "at": "2026-11-22T22:00:00Z"}
    planted(tmp_path, creative_id, 1, "orphan-00", late)
    status = hailuo("status", ran)

    said = hailuo("reconcile", ran)

    assert "1 submit with unknown outcome, $0.28 reserved: run hailuo reconcile small/main" in status.out
    assert said.code == 0
    assert f"{creative_id}: task {task_id} is adopted as attempt 2; the next run collects it" in said.out
    assert hailuo("run", ran, "--yes").code == 0


def test_what_was_paid_twice_stays_listed(hailuo, ran, unknown, task_id, tmp_path, rehearsal):
    """For the dispute: task and money; a script is not alarmed for ever."""
    creative_id = unknown["creative_id"]
    hailuo("reconcile", ran, "abandon", creative_id, "--why", "not in the task log")
    hailuo("run", ran, "--yes")
    late = {"task_id": task_id, "base_url": rehearsal.settings.base_url, "at": "2026-11-22T22:00:00Z"}
    planted(tmp_path, creative_id, 1, "orphan-00", late)

    said = hailuo("reconcile", ran)

    assert said.code == 0
    assert (
        f"{creative_id}: task {task_id} of attempt 1 arrived after the job was bought again: $0.28 paid twice"
        in (said.out)
    )
    assert "paid twice: $0.28 in all; dispute it with the vendor" in said.out
    assert "$1.40 spent" in hailuo("status", ran).out


def test_an_attempt_of_a_moment_ago_stands_apart(hailuo, ran, unknown, tmp_path):
    """Perhaps still being sent: listed with the time from which it may be settled, and refused until then."""
    source = (
        tmp_path / "store" / "small" / "main" / "ledger" / "v1" / unknown["creative_id"] / "a001" / "intent"
    )
    intent = json.loads(source.read_text())
    young = creative_id_of(campaign="small", edition="main", variant_id="another", take=1)
    intent["job"]["creative_id"] = young
    planted(tmp_path, young, 1, "intent", intent)

    said = hailuo("reconcile", ran)
    refused = hailuo("reconcile", ran, "abandon", young, "--why", "impatience")

    assert "1 attempt in doubt (may still be in progress), $0.28 reserved" in said.out
    assert "look again after" in said.out
    assert refused.code == 2
    assert "is perhaps still being sent; settle it after" in refused.err
