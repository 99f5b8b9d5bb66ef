"""`hailuo collect`: what was paid is stored; nothing is bought, and no budget or sound file is needed."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from hailuo.run.environment import within
from tests.support.rehearsals import accepted

pytestmark = pytest.mark.enable_socket
SOME = ("--only", "model=MiniMax-Hailuo-02")


@pytest.fixture
def vendor():
    """Clips take seconds: a run with a short deadline leaves them at the vendor."""
    return {"speed": 30.0, "p95_render_seconds": 100.0}


@pytest.fixture
def leave(hailuo, rehearsal, campaign, tmp_path):
    """Render an edition in a store of its own, give up at once, and lay it beside the others."""

    def left(edition: str) -> None:
        aside = tmp_path / f"aside-{edition}"
        hasty = {"deadline_seconds": 0.1, "store": str(aside)}
        with within(replace(rehearsal, settings=rehearsal.settings.model_copy(update=hasty))):
            assert hailuo("run", campaign, "--yes", "--edition", edition, *SOME).code == 1
        shutil.copytree(aside / "small" / edition, Path(rehearsal.settings.store, "small", edition))

    return left


def clips(rehearsal, edition):
    return len(list(Path(rehearsal.settings.store, "small", edition, "clips").glob("*.mp4")))


def test_every_way_to_name_it_collects_and_buys_nothing(hailuo, rehearsal, campaign, leave):
    """An edition by its name; then a campaign by its file, broken as it may be; then nothing is left."""
    leave("monday")
    leave("tuesday")
    leave("friday")
    paid = accepted(rehearsal)
    campaign.write_text(campaign.read_text().replace("takes: 2", "takes: [").replace("usd: 5", "usd: 0"))

    one = hailuo("collect", "small/monday")
    others = [clips(rehearsal, edition) for edition in ("tuesday", "friday")]
    rest = hailuo("collect", campaign, "--json")
    nothing = hailuo("collect", "--all")

    assert (one.code, rest.code, nothing.code) == (0, 0, 0)
    assert "clips that were paid before, of small/monday" in one.out
    assert others == [0, 0]
    assert {found["edition"] for found in json.loads(rest.out)["editions"]} == {"tuesday", "friday"}
    assert "every paid clip is stored" in nothing.out
    assert sum(clips(rehearsal, e) for e in ("monday", "tuesday", "friday")) == paid
    assert accepted(rehearsal) == paid


def test_status_lists_what_other_editions_left(hailuo, rehearsal, campaign, leave):
    """With the command that collects it."""
    leave("monday")

    said = hailuo("status", campaign, "--edition", "tuesday")
    listed = json.loads(hailuo("status", campaign, "--edition", "tuesday", "--json").out)["other_editions"]

    assert "run hailuo collect small/monday" in said.out
    assert [found["edition"] for found in listed] == ["monday"]
    assert len(listed[0]["to_collect"]) == accepted(rehearsal)


@pytest.mark.parametrize(
    ("options", "reason"),
    [(("--yes", "--budget", "0.01"), "is over the budget"), ((), "no terminal to ask on")],
    ids=["a cut budget", "no terminal"],
)
def test_a_refused_run_collects_first(hailuo, rehearsal, campaign, leave, options, reason):
    """Exit 2 with the same message, and a line about what was collected, from every edition."""
    leave("monday")
    leave("main")
    paid = accepted(rehearsal)

    refused = hailuo("run", campaign, *options)

    assert refused.code == 2
    assert reason in refused.err
    assert "clips that were paid before, of small/monday" in refused.err
    assert "clips that were paid before, of small/main" in refused.err
    assert clips(rehearsal, "monday") + clips(rehearsal, "main") == paid == accepted(rehearsal)


@pytest.mark.parametrize("arguments", [(), ("small/monday", "--all")], ids=["nothing", "both"])
def test_what_to_collect_is_said_once(hailuo, rehearsal, arguments):
    """FILE, CAMPAIGN/EDITION or --all."""
    said = hailuo("collect", *arguments)

    assert said.code == 2
    assert "--all" in said.err
