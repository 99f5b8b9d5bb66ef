"""`hailuo rehearse FILE`: tonight in seconds, in the shape of `hailuo plan`."""

import io
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from inline_snapshot import snapshot

from tests.cli.test_cli_published_names import keys_of

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a key, and with a store that is not there yet."""
    monkeypatch.chdir(tmp_path)


def night(hailuo, *arguments):
    return json.loads(hailuo("rehearse", *arguments, "--json").out)


def test_it_says_how_long_how_much_and_what_binds(hailuo, campaign):
    """No key is set, and nothing is written."""
    said = hailuo("rehearse", campaign)

    assert said.code == 0
    assert "cost      $1.12 planned, $1.12 charged" in said.out
    assert "clips     4 to buy: 4 stored" in said.out
    for words in ("length ", "bound by ", "which limit binds when", "where the time goes", "in flight "):
        assert words in said.out
    assert not Path("store").exists()


def test_it_takes_what_a_plan_takes(hailuo, campaign):
    """Fewer clips by axis and by number, another edition, another budget."""
    only = night(hailuo, campaign, "--only", "model=MiniMax-Hailuo-02")
    first = night(hailuo, campaign, "--limit", "1")
    other = night(hailuo, campaign, "--edition", "second")

    assert [found["to_buy"] for found in (only, first, other)] == [2, 1, 4]
    assert other["edition"] == "second"


def test_it_reads_a_campaign_from_standard_input(hailuo, campaign, monkeypatch):
    """`generate | hailuo rehearse -`."""
    monkeypatch.setattr(
        "sys.stdin", SimpleNamespace(buffer=io.BytesIO(campaign.read_bytes()))
    )  # what a pipe gives

    assert night(hailuo, "-", "--limit", "1")["to_buy"] == 1


@pytest.mark.parametrize(
    "variables",
    [{"HAILUO_MAX_USD_PER_MONTH": "1"}, {"HAILUO_MAX_USD_PER_RUN": "1"}, {}],
    ids=["month", "run", "budget"],
)
def test_refusals_are_those_of_the_plan(hailuo, campaign, monkeypatch, variables):
    """Word for word, but for the key, which a rehearsal does not need."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("IMAROUTER_API_KEY", "sk-test")
    budget = () if variables else ("--budget", "1")

    plan = hailuo("plan", campaign, *budget, "--json")
    rehearsed = hailuo("rehearse", campaign, *budget, "--json")

    assert plan.code == rehearsed.code == 2
    assert json.loads(rehearsed.out)["refusals"] == json.loads(plan.out)["refusals"] != []
    assert json.loads(rehearsed.out)["night"] is None


@pytest.mark.parametrize("text", ["campaign: [", "campaign: x\nmatrix: {model: [unknown]}\n"])
def test_a_file_with_mistakes_is_refused_as_by_the_plan(hailuo, campaign, text):
    """Every problem, and exit code 2."""
    campaign.write_text(text)

    plan, rehearsed = hailuo("plan", campaign), hailuo("rehearse", campaign)

    assert (rehearsed.code, rehearsed.err) == (plan.code, plan.err)
    assert rehearsed.code == 2


def test_exit_codes_are_those_of_the_run(hailuo, campaign):
    """A night in which every task fails is stopped; one that loses an answer is not complete."""
    assert hailuo("rehearse", campaign, "--faults", "failed_object").code == 3
    assert hailuo("rehearse", campaign, "--faults", "charged_then_dropped=0.5", "--limit", "2").code == 1
    assert hailuo("rehearse", campaign, "--faults", "rain").code == 2


def test_the_picture_is_a_document_of_its_own(hailuo, campaign):
    """SVG with a title and a description."""
    hailuo("rehearse", campaign, "--picture", "night.svg")

    root = ElementTree.fromstring(Path("night.svg").read_text())  # noqa: S314 (written here)
    assert {child.tag.rpartition("}")[2] for child in root} >= {"title", "desc", "polyline", "polygon"}


def test_two_processes_say_the_same_to_the_byte(campaign):
    """Whatever the order of hashes in each."""
    said = []
    for seed in ("1", "2"):
        command = [
            sys.executable,
            "-m",
            "hailuo",
            "rehearse",
            campaign,
            "--json",
            "--faults",
            "429s,5xx,failed-renders",
        ]
        done = subprocess.run(command, check=True, capture_output=True, env={"PYTHONHASHSEED": seed})  # noqa: S603 (this program)
        said.append(done.stdout)

    assert said[0] == said[1] != b""


def test_the_keys_are_those_that_were_published(hailuo, campaign):
    """A key more is a line in CHANGELOG.md, a key less breaks scripts."""
    found = night(hailuo, campaign, "--faults", "lost-answers")

    assert sorted(keys_of(found)) == snapshot(
        [
            "campaign",
            "digest",
            "edition",
            "endings",
            "exit_code",
            "faults",
            "learned",
            "limits",
            "limits.budget_usd",
            "limits.exposure_usd",
            "limits.in_flight",
            "limits.max_usd_per_month",
            "limits.max_usd_per_run",
            "limits.polls_per_minute",
            "limits.submits_per_minute",
            "night",
            "night.binding",
            "night.binding[].limit",
            "night.binding[].of",
            "night.binding[].seconds",
            "night.binding[].spans",
            "night.bound_by",
            "night.charged_usd",
            "night.curve",
            "night.curve[].in_flight",
            "night.curve[].seconds",
            "night.curve[].stored",
            "night.downloads",
            "night.lag_p50_seconds",
            "night.lag_p95_seconds",
            "night.most_in_flight",
            "night.net_usd",
            "night.polls",
            "night.refunded_usd",
            "night.seconds",
            "night.states",
            "night.states.stored",
            "night.steps",
            "night.steps[].last_seconds",
            "night.steps[].mean_seconds",
            "night.steps[].step",
            "night.submits",
            "night.submits_refused",
            "planned_usd",
            "refusals",
            "seed",
            "stopped",
            "to_buy",
            "warnings",
        ]
    )
