"""One night of several families: the trouble of one never stops another, and the ledger equals the invoice."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from hailuo.campaign.files import load_campaign, load_catalog
from hailuo.campaign.model import Campaign
from hailuo.errors import ExitCode
from hailuo.ledger.money import items_of, sums_of
from hailuo.run.events import Event, EventKind
from hailuo.run.runner import Runner
from hailuo.simulator import ClipDetail, FaultName, FaultPlan, ScriptedFault, SimulatorOptions
from tests.support.worlds import World, world_of

CATALOG = load_catalog()
HAILUO, SEEDANCE, KLING = "MiniMax-Hailuo-02", "seedance-2.0-fast", "kling-v3-omni-video"
NIGHT = f"""campaign: night
models:
  {HAILUO}: {{duration: 6, size: sd, shape: "16:9", takes: 3}}
  {SEEDANCE}: {{duration: 5, audio: [true, false], takes: 3}}
  {KLING}: {{duration: 5, audio: false, takes: 4}}
defaults: {{size: hd}}
matrix:
  shape: ["16:9", "9:16"]
  prompt: [{{id: a, text: A perfume bottle}}, {{id: b, text: A sneaker}}, {{id: c, text: A watch}}]
"""


def campaign(folder: Path) -> Campaign:
    path = folder / "night.yaml"
    path.write_text(NIGHT, encoding="utf-8")
    loaded = load_campaign(path, catalog=CATALOG, at=datetime(2026, 11, 30, tzinfo=UTC))
    assert loaded.campaign, loaded.problems
    return loaded.campaign


class Night(World):
    """A world that notes when each job was stored, in seconds of its clock."""

    stored_at: dict[str, float]
    stops: list[str]

    @classmethod
    def of(cls, folder: Path, *script: ScriptedFault) -> "Night":
        options = SimulatorOptions(
            catalog=CATALOG, clip_detail=ClipDetail.SMALL, faults=FaultPlan(script=script)
        )
        night = cls(catalog=CATALOG, options=options, campaign=campaign(folder))
        night.stored_at, night.stops = {}, []
        night.observe = night.note
        return night

    def note(self, event: Event) -> None:
        if event.kind is EventKind.STORED and event.creative_id:
            self.stored_at[event.creative_id] = self.clock.seconds
        if event.kind is EventKind.STOPPED:
            self.stops.append(event.text)

    @property
    def models(self) -> Mapping[str, str]:
        return {job.creative_id: job.variant.model for job in self.jobs}

    def stored(self) -> Counter[str]:
        return Counter(self.models[creative_id] for creative_id in self.stored_at)

    def spent(self) -> Decimal:
        ledger = self.ledger("auditor")
        self.clock.run(ledger.load())
        sums = sums_of(item for record in ledger.records.values() for item in items_of(record))
        return sums.spent_usd + sums.reserved_usd


@pytest.fixture(scope="module")
def usual_seconds(tmp_path_factory: pytest.TempPathFactory) -> float:
    """When the last clip of the other families is stored in a night without trouble."""
    night = Night.of(tmp_path_factory.mktemp("usual"))
    night.run()
    return last(night)


def trouble(fault: FaultName) -> ScriptedFault:
    return ScriptedFault(fault=fault, times=1_000, model=KLING)


def test_three_families_with_two_shapes_are_one_edition(tmp_path: Path) -> None:
    """Every job is stored once, at both moments of billing, and each clip has the shape that was ordered."""
    night = Night.of(tmp_path)

    report = night.run()

    assert report.exit_code is ExitCode.COMPLETE
    assert night.stored() == {HAILUO: 9, SEEDANCE: 36, KLING: 24}
    invoice = night.simulator.invoice()
    assert len(invoice.lines) == 69
    assert night.spent() == invoice.net_usd
    assert {job.asked.shape for job in night.jobs if job.asked} == {"16:9", "9:16"}


@pytest.mark.parametrize(
    "fault",
    [
        FaultName.FAILED_OBJECT,
        FaultName.FAILED_MODERATED_1027,
        FaultName.SENSITIVE_1026,
        FaultName.INVALID_2013,
        FaultName.MODEL_NOT_FOUND,
        FaultName.MODEL_PRICE,
        FaultName.ACCESS_DENIED,
        FaultName.MINIMAX_1008,
        FaultName.BUSY_429_FLAT,
        FaultName.BUSY_429_RETRY_AFTER,
        FaultName.INTERNAL_1024,
        FaultName.HTML_502,
        FaultName.CHARGED_THEN_SILENCE,
        FaultName.STUCK,
    ],
)
def test_the_trouble_of_one_family_stops_no_other(
    tmp_path: Path, usual_seconds: float, fault: FaultName
) -> None:
    """Refused, failing, slow, silent or stuck: the others are all stored, hardly later, and money is right."""
    night = Night.of(tmp_path, trouble(fault))

    report = night.run()

    stored, others = night.stored(), {HAILUO: 9, SEEDANCE: 36}
    assert {name: stored[name] for name in others} == others
    assert stored[KLING] == 0
    assert last(night) <= 1.5 * usual_seconds
    assert all("kling" in stop for stop in night.stops)
    assert report.exit_code in (ExitCode.STOPPED, ExitCode.INCOMPLETE)
    assert night.spent() >= night.simulator.invoice().net_usd


def test_tasks_that_hang_do_not_hold_every_place_in_flight(tmp_path: Path, usual_seconds: float) -> None:
    """After its first clip no task of the family ends before the deadline; one place stays free for each other family."""
    stuck = ScriptedFault(fault=FaultName.STUCK, skip=1, times=1_000, model=KLING)
    night = Night.of(tmp_path, stuck)

    night.run()

    assert night.stored() == {HAILUO: 9, SEEDANCE: 36, KLING: 1}
    assert last(night) <= 2 * usual_seconds


def last(night: Night) -> float:
    """When the last clip of the other families was stored."""
    return max(at for creative_id, at in night.stored_at.items() if night.models[creative_id] != KLING)


def test_a_night_killed_twice_with_one_family_down_for_an_hour_buys_each_clip_once(tmp_path: Path) -> None:
    """The others are all stored within the hour; the next run collects what was in flight, and buys the rest after it."""
    hour = 3600.0
    down = ScriptedFault(fault=FaultName.MODEL_NOT_FOUND, times=100_000, model=KLING, until=hour)
    night = Night.of(tmp_path, down)

    async def killed(runner: Runner) -> None:
        await night.clock.sleep(200)
        runner.interrupt("killed")

    for _ in range(2):
        night.run(during=killed)
    night.run()
    within = night.stored()
    assert night.clock.seconds < hour
    night.clock.run(night.clock.sleep(hour - night.clock.seconds))
    reports = [night.run() for _ in range(2)]

    assert within == {HAILUO: 9, SEEDANCE: 36}
    assert reports[-1].exit_code is ExitCode.COMPLETE
    assert night.stored() == {HAILUO: 9, SEEDANCE: 36, KLING: 24}
    invoice = night.simulator.invoice()
    assert len(invoice.lines) == len(night.jobs) == 69
    assert night.spent() == invoice.net_usd


def test_a_failure_that_every_family_would_meet_stops_the_run(tmp_path: Path) -> None:
    """A key that is refused, or an account that is empty."""
    night = Night.of(tmp_path, ScriptedFault(fault=FaultName.PAYMENT_REQUIRED, times=1_000, model=KLING))

    report = night.run()

    assert report.stopped
    assert not any("the other families go on" in stop for stop in night.stops)
    assert sum(night.stored().values()) < 45


def test_a_run_of_one_family_stops_as_a_whole() -> None:
    """There is no other family to go on."""
    world = world_of(
        CATALOG, jobs=12, faults=FaultPlan(script=(ScriptedFault(fault=FaultName.FAILED_OBJECT, times=99),))
    )
    stops: list[str] = []
    world.observe = lambda event: stops.append(event.text) if event.kind is EventKind.STOPPED else None

    report = world.run()

    assert report.stopped
    assert stops == [report.stopped] * len(stops)
