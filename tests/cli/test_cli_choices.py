"""What people type to choose: some clips, some of them now, a campaign from a pipe, less or more output."""

import io
import json
import re
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from hailuo.campaign.expand import expand, is_chosen
from hailuo.campaign.files import load_catalog
from hailuo.plan.prepare import CampaignRequest, prepare
from hailuo.run.environment import within
from tests.support.rehearsals import accepted

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def piped(campaign: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The campaign on standard input."""
    text = campaign.read_text()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    return text


def states(hailuo, campaign: Path) -> dict[str, str]:
    """The state of every job by its creative id."""
    document = json.loads(hailuo("status", campaign, "--json").out)
    return {job["creative_id"]: job["state"] for job in document["jobs"]}


@pytest.mark.parametrize(
    "only",
    [
        {"take": frozenset({"1"})},
        {"take": frozenset({"1", "2"}), "model": frozenset({"MiniMax-Hailuo-02"})},
        {"model": frozenset({"MiniMax-Hailuo-2.3"})},
        {"prompt": frozenset({"stone"}), "take": frozenset({"2"})},
    ],
)
def test_only_takes_jobs_away_and_changes_none(campaign, only):
    """The jobs are those of the whole campaign that have the labels, with the same ids."""
    prepared = prepare(CampaignRequest(path=campaign))
    whole = prepared.require_campaign()

    chosen = expand(whole, load_catalog(), only=only)

    assert chosen.problems == ()
    assert chosen.jobs == tuple(job for job in prepared.expansion.jobs if is_chosen(job, only))
    assert chosen.jobs


@pytest.mark.parametrize("command", ["plan", "run", "conform"])
def test_an_axis_or_a_value_that_is_not_there_is_refused(hailuo, rehearsal, campaign, command):
    """By every command that takes --only, with what there is; never taken for "nothing to do"."""
    if command == "conform":
        hailuo("run", campaign, "--yes", "--limit", "1")
    more = {"conform": ("--aspect", "9:16"), "run": ("--yes",)}.get(command, ())

    for only, remedy in {
        "foo=bar": "choose",
        "modle=MiniMax-Hailuo-02": "did you mean 'model'?",  # codespell:ignore modle
        "model=MiniMax-Hailuo-20": "did you mean 'MiniMax-Hailuo-02'?",
        "prompt=street": "choose stone",
        "take=3": "choose 1 or 2",
        "take=0": "choose 1 or 2",
        "take=1.0": "choose 1 or 2",
    }.items():
        said = hailuo(command, campaign, "--only", only, *more)

        assert said.code == 2, only
        assert remedy in said.err, only
    assert accepted(rehearsal) == (1 if command == "conform" else 0)


def test_a_limit_buys_the_first_clips_of_the_plan_and_no_more(hailuo, rehearsal, campaign):
    """The rest is bought later, under the ids that the whole plan has."""
    whole = [job["creative_id"] for job in json.loads(hailuo("plan", campaign, "--json").out)["jobs"]]

    plan = hailuo("plan", campaign, "--limit", "1")
    first = hailuo("run", campaign, "--yes", "--limit", "1")
    second = hailuo("run", campaign, "--yes", "--limit", "2")
    bought = accepted(rehearsal)
    rest = hailuo("run", campaign, "--yes", "--limit", "9")

    assert "1 to buy, 3 left out" in plan.out
    assert "$0.28 to buy" in plan.out
    assert (first.code, second.code, rest.code) == (0, 0, 0)
    assert "3 clips of the file left out of this run" in first.out
    assert "1 clip of the file left out of this run" in second.out
    assert bought == 3
    assert states(hailuo, campaign) == dict.fromkeys(whole, "stored")


def test_a_limit_keeps_a_plan_within_a_budget(hailuo, rehearsal, campaign):
    """What is left out costs nothing; a limit of nothing is refused."""
    over = hailuo("plan", campaign, "--budget", "0.50")
    within = hailuo("plan", campaign, "--budget", "0.50", "--limit", "1")

    assert (over.code, within.code) == (2, 0)
    assert hailuo("run", campaign, "--limit", "0").code == 2


@pytest.mark.parametrize(
    "more", [(), ("--json",), ("--budget", "0.50"), ("--limit", "1"), ("--yes",), ("-q",)]
)
def test_a_dry_run_is_a_plan(hailuo, rehearsal, campaign, more):
    """The same output and exit code, and nothing is bought."""
    plan = hailuo("plan", campaign, *(word for word in more if word != "--yes"))
    dry = hailuo("run", campaign, "--dry-run", *more)

    assert (dry.code, dry.out, dry.err) == (plan.code, plan.out, plan.err)
    assert accepted(rehearsal) == 0


@pytest.mark.parametrize("command", [("validate",), ("plan",), ("run", "--yes"), ("run", "--dry-run")])
def test_a_campaign_may_come_from_standard_input(hailuo, rehearsal, piped, command):
    """Its name in the store is its own."""
    said = hailuo(command[0], "-", *command[1:])

    assert said.code == 0
    assert accepted(rehearsal) == (4 if "--yes" in command else 0)


def test_a_run_from_standard_input_asks_nothing(hailuo, rehearsal, piped):
    """No answer could be read from there: it is refused, and says what to pass."""
    said = hailuo("run", "-")

    assert said.code == 2
    assert "--yes" in said.err
    assert accepted(rehearsal) == 0


def test_what_the_flow_does_not_take_is_refused(hailuo, rehearsal, piped):
    """With a Prefect server set, before anything is asked or bought; never left out in silence."""
    place = replace(
        rehearsal,
        settings=rehearsal.settings.model_copy(update={"prefect_api_url": "http://127.0.0.1:9/api"}),
    )

    with within(place):
        said = hailuo("run", "-", "--yes")

    assert said.code == 2
    assert "PREFECT_API_URL" in said.err
    assert accepted(rehearsal) == 0


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"campaign: x\nmatrix: {model: [nope]}\n", "stdin.yaml:2"),
        (b"", "stdin.yaml"),
        (b"campaign: \xff\n", "not UTF-8"),
    ],
)
def test_problems_of_standard_input_have_a_place(hailuo, rehearsal, monkeypatch, content, reason):
    """Line and remedy, as of a file."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))

    said = hailuo("validate", "-")

    assert said.code == 2
    assert reason in said.err


def test_lines_of_progress_have_the_time_when_piped(hailuo, rehearsal, campaign):
    """In UTC, as ISO 8601 writes it."""
    said = hailuo("run", campaign, "-y", "--limit", "1")

    times = re.findall(r"^(\S+Z) \w{10} (?:submitted|stored)", said.out, re.MULTILINE)
    assert len(times) == 2
    assert all(datetime.fromisoformat(time).tzinfo for time in times)


def test_quiet_prints_the_result(hailuo, rehearsal, campaign):
    """No table and no progress; verbose logs to standard error."""
    quiet = hailuo("run", campaign, "--yes", "--limit", "1", "-q")
    verbose = hailuo("run", campaign, "--yes", "-vv")
    plain = hailuo("run", campaign, "--yes")

    assert "submitted" not in quiet.out
    assert "MiniMax" not in quiet.out
    assert "1 of 1 jobs are stored" in quiet.out
    assert re.search(r"^\d{4}-\d\d-\d\dT\S+ (INFO|DEBUG) hailuo\.", verbose.err, re.MULTILINE)
    assert "sk-test" not in verbose.err
    assert "hailuo." not in plain.err


def test_a_plan_lists_its_clips(hailuo, rehearsal, campaign):
    """A line for each: what it shows, what it costs, and its state."""
    plan = hailuo("plan", campaign, "--clips", "--limit", "1")
    jobs = json.loads(hailuo("plan", campaign, "--json").out)["jobs"]

    rows = {
        line.split()[0]: line
        for line in plan.out.splitlines()
        if line[:10] in {j["creative_id"] for j in jobs}
    }
    assert [rows[job["creative_id"]].split()[1:6] for job in jobs] == [
        [job["model"], "6", "s", "768p", str(job["take"])] for job in jobs
    ]
    assert all("Perfume bottle on black stone" in row and "$0.28" in row for row in rows.values())
    assert [row.split()[-2:] for row in rows.values()] == [["to", "buy"], *[["left", "out"]] * 3]
    assert {job["prompt"] for job in jobs} == {"Perfume bottle on black stone"}
