"""A rehearsed night: the bill is the plan's, the same seed is the same night, and the limit that binds is named."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import SecretStr

from hailuo.errors import ExitCode
from hailuo.ledger.facts import JobState
from hailuo.rehearsal.rehearse import Rehearsal, rehearse
from hailuo.rehearsal.stage import BASE_URL, Staging, play
from hailuo.rehearsal.troubles import TROUBLES, read_troubles
from hailuo.settings import Settings
from hailuo.simulator import ClipDetail, FaultName, FaultPlan, SimulatorOptions
from hailuo.store import FolderStore
from hailuo.testing import VirtualClock

TONIGHT = datetime(2026, 12, 1, 22, 0, tzinfo=UTC)


def night(
    prepared, settings: Settings, *, seed: int = 0, faults: str = "", at: datetime = TONIGHT
) -> Rehearsal:
    clock, troubles = VirtualClock(at), read_troubles([faults])
    return rehearse(prepared, settings, clock=clock, seed=seed, troubles=troubles)


def rendering_seconds(found: Rehearsal) -> float:
    """Of the average clip."""
    steps = found.figures.steps if found.figures else ()
    return next(step.mean_seconds for step in steps if step.name == "rendering")


def contents(folder: str) -> Mapping[str, tuple[str, int]]:
    """Every file with its hash and the time of its last change."""
    files = (path for path in Path(folder).rglob("*") if path.is_file())
    return {
        str(path): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns) for path in files
    }


def fill(store: str, prepared, **options: object) -> None:
    """Run the campaign into a folder, in virtual time."""
    vendor = SimulatorOptions(catalog=prepared.catalog, clip_detail=ClipDetail.TINY, **options)  # type: ignore[arg-type]  # of the test's choice
    settings = Settings(
        api_key=SecretStr("sk-test"), base_url=BASE_URL, checks="off", in_flight=100, submits_per_minute=600
    )
    staging = Staging(prepared=prepared, settings=settings, vendor=vendor, store=FolderStore(Path(store)))
    play(staging, clock=VirtualClock(datetime.now(UTC)))  # noqa: TID251 (a folder has the machine's time)


@pytest.mark.parametrize(
    ("model", "axes"),
    [
        ("MiniMax-Hailuo-02", ""),
        ("MiniMax-Hailuo-02, MiniMax-Hailuo-2.3", ""),
        ("seedance-2.0-fast", "  audio: [true, false]\n"),
        ("kling-v3-omni-video", "  audio: [true, false]\n"),
    ],
)
def test_the_bill_is_the_plans(make_campaign, store, model, axes):
    """Without faults, to the cent; whatever the family and its settings."""
    prepared = make_campaign(3, model=model, axes=axes)

    found = night(prepared, Settings(store=store))

    assert found.report
    assert found.report.exit_code is ExitCode.COMPLETE
    assert found.figures
    assert found.figures.net_usd == found.plan.money.planned > 0


def test_the_same_seed_is_the_same_night_on_any_day(make_campaign, store):
    """Another seed is another one."""
    prepared, settings = make_campaign(8), Settings(store=store)

    first = night(prepared, settings, faults="429s,5xx,failed-renders")
    again = night(
        prepared,
        settings,
        faults="429s,5xx,failed-renders",
        at=datetime(2027, 1, 7, 3, 4, 5, 678, tzinfo=UTC),
    )
    other = night(prepared, settings, faults="429s,5xx,failed-renders", seed=1)

    assert first.figures == again.figures
    assert first.report == again.report
    assert first.figures != other.figures


@pytest.mark.parametrize(
    ("jobs", "settings", "bound_by"),
    [
        (24, {"in_flight": 1, "submits_per_minute": 600}, "in_flight"),
        (24, {"in_flight": 100, "submits_per_minute": 2}, "submits_per_minute"),
        (24, {"in_flight": 100, "submits_per_minute": 600, "polls_per_minute": 2}, "polls_per_minute"),
        (3, {"in_flight": 100, "submits_per_minute": 600, "poll_every_seconds": 900}, "lag"),
        (1, {}, "rendering"),
    ],
    ids=str,
)
def test_the_limit_that_binds_is_named(make_campaign, store, jobs, settings, bound_by):
    """By the clip that was stored last; and it is the first of the list of limits, where it is one."""
    found = night(make_campaign(jobs), Settings(store=store, **settings))

    assert found.figures
    assert found.figures.bound_by == bound_by
    assert bound_by in {"lag", "rendering"} or bound_by in {use.limit for use in found.figures.limits[:2]}


def test_a_vendor_that_asks_for_less_binds(make_campaign, store):
    """Half of the submits meet a 429."""
    found = night(make_campaign(24), Settings(store=store, in_flight=100), faults="busy_429_retry_after=0.6")

    assert found.figures
    assert found.figures.bound_by == "slowed_by_vendor"


def test_a_limit_of_a_family_binds_that_family(make_campaign, store, tmp_path):
    """By a catalog file; the account's limits are far."""
    catalog = tmp_path / "catalog.yaml"
    catalog.write_text("families:\n  minimax:\n    limits: {in_flight: 1}\n")
    settings = Settings(store=store, catalog=catalog, in_flight=50, submits_per_minute=600)

    found = night(make_campaign(10, settings), settings)

    assert found.figures
    assert found.figures.bound_by == "in_flight"
    assert found.figures.limits[0].of == "minimax"


def test_steps_of_a_clip_add_up_to_its_time(make_campaign, store):
    """From the start of the run to the store, for the last clip: the length of the night."""
    found = night(make_campaign(20), Settings(store=store))

    assert found.figures
    steps = sum(step.last_seconds for step in found.figures.steps)
    assert steps == pytest.approx(found.figures.seconds, abs=0.01)


@pytest.mark.parametrize("faults", TROUBLES)
def test_faults_change_what_they_say(make_campaign, store, faults):
    """Each set by what it is about, beside the same night without it."""
    prepared, settings = make_campaign(30, duration="6, 10"), Settings(store=store, submits_per_minute=20)
    usual, found = night(prepared, settings), night(prepared, settings, faults=faults)
    assert usual.figures
    assert found.figures
    assert found.report
    assert usual.report

    before, after = usual.figures, found.figures
    changed = {
        "429s": after.submits_refused > 0 and any(use.limit == "slowed_by_vendor" for use in after.limits),
        "5xx": after.submits_refused > 0 and after.downloads > before.downloads,
        "slow-cells": rendering_seconds(found) > 1.5 * rendering_seconds(usual),
        "failed-renders": after.refunded_usd > 0 == before.refunded_usd,
        "lost-answers": after.states.get(JobState.UNKNOWN, 0) > 0,
        "outage": after.seconds > before.seconds + 1800 or found.report.exit_code is not ExitCode.COMPLETE,
    }
    assert changed[faults]
    assert usual.report.exit_code is ExitCode.COMPLETE


def test_the_store_is_only_read(make_campaign, store):
    """Two editions are in it; the rehearsal adds nothing, and changes nothing."""
    fill(store, make_campaign(3, edition="first"))
    fill(store, make_campaign(2))
    before = contents(store)

    found = night(make_campaign(6), Settings(store=store, base_url=BASE_URL))

    assert contents(store) == before
    assert len(found.plan.to_buy) == 4
    assert found.figures
    assert found.figures.states == {JobState.STORED: 4}


def test_a_store_that_is_not_there_is_not_made(make_campaign, store):
    """Not even its folder."""
    night(make_campaign(2), Settings(store=store))

    assert not Path(store).exists()


def test_render_times_are_those_that_the_store_has_seen(make_campaign, store):
    """Clips of this cell took half a minute; the documented time is three times as long."""
    fill(store, make_campaign(24, edition="before"), median_render_seconds=30.0, p95_render_seconds=40.0)
    settings = Settings(store=store, base_url=BASE_URL)

    known, fresh = night(make_campaign(12), settings), night(make_campaign(12), Settings(store=f"{store}-2"))

    rendering = [rendering_seconds(found) for found in (known, fresh)]
    assert 20 < rendering[0] < 55 < rendering[1]
    assert [len(seconds) for seconds in known.learned.values()] == [24]


def test_clips_at_the_vendor_are_left_alone(make_campaign, store):
    """They are paid for already: only what is to be bought is rehearsed."""
    fill(store, make_campaign(2), faults=FaultPlan(rates={FaultName.STUCK: 1.0}))

    found = night(make_campaign(5), Settings(store=store, base_url=BASE_URL))

    assert len(found.plan.to_collect) == 2
    assert found.figures
    assert found.figures.states == {JobState.STORED: 3}
    assert found.figures.net_usd == found.plan.money.planned


@pytest.mark.parametrize(
    "settings", [{"max_usd_per_month": Decimal(1)}, {"max_usd_per_run": Decimal(1)}], ids=str
)
def test_a_run_that_would_be_refused_is_not_played(make_campaign, store, settings):
    """The refusal is the answer: which cap, and what to do."""
    found = night(make_campaign(6), replace_settings(Settings(store=store), settings))

    assert found.figures is None
    assert len(found.refusals) == 1


def replace_settings(settings: Settings, changes: Mapping[str, object]) -> Settings:
    return settings.model_copy(update=dict(changes))


@pytest.mark.slow
def test_a_thousand_jobs_take_no_time_of_the_night(make_campaign, store):
    """Hours pass within seconds; every clip is bought once."""
    found = night(make_campaign(1000), Settings(store=store, in_flight=30, submits_per_minute=30))

    assert found.figures
    assert found.figures.seconds > 2000
    assert found.figures.states == {JobState.STORED: 1000}
    assert found.figures.net_usd == found.plan.money.planned
