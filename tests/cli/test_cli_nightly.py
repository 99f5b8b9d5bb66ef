"""`hailuo nightly`: one line of cron renders what is marked, and one campaign's fault stops no other."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from hailuo.errors import ExitCode
from hailuo.night.night import night_of
from hailuo.night.outcome import NightBudget
from hailuo.night.render import NightRun
from hailuo.run.environment import RunEnvironment, within
from hailuo.run.runner import Runner
from tests.support.rehearsals import accepted

pytestmark = pytest.mark.enable_socket

CAMPAIGN = """\
campaign: {name}
edition: "night-{{date}}"
nightly: {mark}
budget: {{usd: {budget}}}
matrix: {{prompt: [Shoe], model: [MiniMax-Hailuo-02], duration: [{duration}], size: [768p]}}
"""
Lay = Callable[..., Path]


@pytest.fixture
def lay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lay:
    """Put a campaign of one clip, $0.28, into the campaigns folder; it is marked unless said otherwise."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "campaigns").mkdir()

    def laid(name: str, *, mark: str = "true", duration: int = 6, budget: float = 5) -> Path:
        path = tmp_path / "campaigns" / f"{name}.yaml"
        path.write_text(CAMPAIGN.format(name=name, mark=mark, duration=duration, budget=budget))
        return path

    return laid


def test_what_is_marked_is_rendered_once(hailuo, rehearsal, lay):
    """A second start in the same night buys nothing."""
    lay("autumn")
    lay("spring")
    lay("summer", mark="false")
    lay("winter", mark="{paused: true}")

    first = hailuo("nightly", "--yes")
    bought = accepted(rehearsal)
    second = hailuo("nightly", "--yes")

    assert (first.code, second.code) == (0, 0)
    assert "2 campaigns: 2 complete; 2 clips bought: $0.56 spent" in first.out
    assert "winter.yaml: skipped" in first.out
    assert "summer" not in first.out
    assert "nothing bought" in second.out
    assert (bought, accepted(rehearsal)) == (2, 2)


def test_a_bad_file_and_a_refused_plan_stop_no_other(hailuo, rehearsal, lay):
    """Each is named with its reason; the exit code is the worst of all."""
    lay("autumn", duration=7)
    lay("spring", budget=0.1)
    (lay("summer").parent / "broken.yaml").write_text("nightly: [\n")
    lay("winter")

    said = hailuo("nightly", "--yes")

    assert said.code == 2
    assert "autumn.yaml:5" in said.err
    assert "broken.yaml" in said.err
    assert "over the budget of $0.10" in said.out
    assert "2 clips bought: $0.56 spent" in said.out
    assert accepted(rehearsal) == 2


def test_without_yes_it_asks_before_it_buys(hailuo, rehearsal, lay):
    """Without a terminal to ask on, nothing is bought."""
    lay("spring")

    said, dry = hailuo("nightly"), hailuo("nightly", "--dry-run")

    assert (said.code, dry.code) == (2, 0)
    assert "--yes" in said.err
    assert "1 clips would be bought for $0.28" in dry.out
    assert accepted(rehearsal) == 0


def test_a_budget_of_the_night_leaves_out_what_does_not_fit(hailuo, rehearsal, lay):
    """Later campaigns that fit still run."""
    lay("autumn", duration=10)
    lay("spring")

    said = hailuo("nightly", "--yes", "--budget", "0.40", "--json")

    document = json.loads(said.out)
    assert said.code == document["exit_code"] == 2
    assert [one["exit_code"] for one in document["campaigns"]] == [2, 0]
    assert "of the night's budget are left" in document["campaigns"][0]["reasons"][0]
    assert accepted(rehearsal) == 1


def test_files_may_be_named(hailuo, rehearsal, lay):
    """One that is not marked is refused, with the nearest name."""
    lay("autumn")
    lay("spring")

    said, slip = hailuo("nightly", "spring.yaml", "--yes"), hailuo("nightly", "sprng.yaml", "--yes")

    assert (said.code, slip.code) == (0, 2)
    assert "did you mean 'spring.yaml'?" in slip.err
    assert accepted(rehearsal) == 1


def test_an_empty_night_is_complete(hailuo, rehearsal, lay):
    """Nothing is due."""
    lay("summer", mark="false")

    said = hailuo("nightly", "--yes")

    assert said.code == 0
    assert "no campaign is due tonight" in said.out


def test_a_folder_without_campaigns_is_refused(hailuo, rehearsal, lay):
    """A mount that is missing looks like this: a night that finds nothing at all is no good night."""
    said = hailuo("nightly", "--yes")

    assert said.code == 2
    assert "holds no campaign file" in said.err


def test_a_new_store_that_was_not_named_needs_a_word(hailuo, rehearsal, lay):
    """Cron may have begun in another folder: then every cap would begin at $0."""
    lay("spring")
    fields = rehearsal.settings.model_fields_set - {"store"}
    unnamed = rehearsal.settings.model_construct(fields, **rehearsal.settings.model_dump())
    unnamed = unnamed.model_copy(update={"api_key": rehearsal.settings.api_key})
    unnamed.model_fields_set.discard("store")

    with within(replace(rehearsal, settings=unnamed)):
        refused = hailuo("nightly", "--yes")
        begun = hailuo("nightly", "--yes", "--new-store")

    assert (refused.code, begun.code) == (2, 0)
    assert "--new-store" in refused.err
    assert accepted(rehearsal) == 1


def night_run(
    rehearsal: RunEnvironment, watch: Callable[[Runner], AbstractAsyncContextManager[None]]
) -> NightRun:
    """Tonight, with something that happens while each campaign runs."""
    env = replace(rehearsal, watch=watch)
    settings = env.settings.model_copy(update={"campaigns": Path("campaigns")})
    return NightRun(night=night_of(settings, env.clock.now()), env=env)


def test_an_interrupted_night_begins_no_other_campaign(rehearsal, lay):
    """What was bought is in the store; the next night goes on."""
    lay("autumn")
    lay("spring")

    @asynccontextmanager
    async def interrupted(runner: Runner) -> AsyncIterator[None]:
        runner.interrupt("SIGTERM")
        yield

    report = asyncio.run(night_run(rehearsal, interrupted).render(NightBudget(left_usd=None)))

    assert [result.due.name for result in report.results] == ["autumn.yaml"]
    assert (report.is_interrupted, report.worst) == (True, ExitCode.INTERRUPTED)
    assert accepted(rehearsal) == 0


def test_a_crash_of_one_campaign_stops_no_other(rehearsal, lay):
    """Whatever it is, it is named."""
    lay("autumn")
    lay("spring")
    crashes = iter([True, False])

    @asynccontextmanager
    async def crashing(runner: Runner) -> AsyncIterator[None]:
        if next(crashes):
            raise ZeroDivisionError("by chance")
        yield

    report = asyncio.run(night_run(rehearsal, crashing).render(NightBudget(left_usd=None)))

    assert [result.exit_code for result in report.results] == [ExitCode.STOPPED, ExitCode.COMPLETE]
    assert report.results[0].reasons == ("ZeroDivisionError: by chance",)
    assert report.worst is ExitCode.STOPPED
    assert accepted(rehearsal) == 1


class TestPaidClips:
    """Clips that an earlier run left at the vendor."""

    @pytest.fixture
    def vendor(self):
        """Clips take seconds: a run with a short deadline leaves them."""
        return {"speed": 30.0, "p95_render_seconds": 100.0}

    def test_what_was_paid_is_collected_first(self, hailuo, rehearsal, lay, campaign, tmp_path):
        """In every edition of the store, before anything is bought."""
        lay("spring")
        hasty = {"deadline_seconds": 0.1, "store": str(tmp_path / "aside")}
        with within(replace(rehearsal, settings=rehearsal.settings.model_copy(update=hasty))):
            assert hailuo("run", campaign, "--yes", "--limit", "1").code == 1
        shutil.copytree(tmp_path / "aside" / "small", Path(rehearsal.settings.store, "small"))

        said = hailuo("nightly", "--yes")

        assert said.code == 0
        assert "collected 1 of 1 clips that were paid before, of small/main" in said.out
        assert accepted(rehearsal) == 2
