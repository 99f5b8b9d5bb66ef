"""What was paid is collected first, in every edition, whatever becomes of the run that comes after."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from hailuo.campaign.files import load_catalog
from hailuo.errors import AdmissionError, CampaignError
from hailuo.ledger.ledger import Ledger
from hailuo.ledger.leftovers import find_leftovers
from hailuo.ledger.money import items_of, sums_of
from hailuo.plan.prepare import CampaignRequest, prepare
from hailuo.publish.verify import verify
from hailuo.run.leftovers import PaidClips
from hailuo.run.session import open_session
from hailuo.run.tools import Connections
from hailuo.settings import Settings
from hailuo.simulator import SimulatorTransport
from hailuo.store.layout import Edition
from hailuo.vendor import VideoClient
from tests.support.worlds import world_of

SETTINGS = Settings(api_key=SecretStr("sk-test"), base_url="http://127.0.0.1:9", checks="off")
BEFORE_MIDNIGHT = datetime(2026, 11, 22, 23, 59, tzinfo=UTC)
CAMPAIGN = """\
campaign: shoe
edition: "night-{{date}}"
timezone: UTC
takes: {takes}
defaults: {{size: 768p, duration: 6, model: MiniMax-Hailuo-02}}
matrix: {{prompt: [{{id: stone, text: Perfume bottle on black stone}}]}}
budget: {{usd: {budget}}}
"""
FIRST, SECOND = Edition("shoe", "night-2026-11-22"), Edition("shoe", "night-2026-11-23")


@pytest.fixture
def world(make_world):
    """The vendor has the money for the three clips of one edition, and for three more."""
    return make_world(jobs=1, balance_usd=Decimal("1.70"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "shoe.yaml"
    path.write_text(CAMPAIGN.format(takes=3, budget=20))
    return path


@contextlib.asynccontextmanager
async def connected(world, client=None):
    async with client or world.client() as vendor:
        yield Connections(store=world.store, client=vendor)


async def render(world, file, at, *, settings=SETTINGS, client=None):
    """One run of the file, as a process of its own would do it."""
    async with connected(world, client) as connections:
        paid = PaidClips(settings, world.clock, connections=connections)
        async with (
            paid.before(CampaignRequest(path=file, at=at)) as (prepared, _),
            open_session(prepared, settings, clock=world.clock, connections=connections) as session,
        ):
            return await session.run(await session.plan())


def killed_when_all_is_submitted(world, file, at=BEFORE_MIDNIGHT):
    """A run that dies as soon as every submit has its answer: the first clip is stored, two are at the vendor."""

    async def run():
        rendering = asyncio.create_task(render(world, file, at))
        while sum(entry.key.endswith("/outcome") for entry in await world.store.listing("shoe/")) < 3:
            await world.clock.sleep(1)
        rendering.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await rendering

    return world.clock.run(run())


def clips_of(world, edition):
    async def read():
        return [entry.key for entry in await world.store.listing(f"{edition.folder}clips/")]

    return world.clock.run(read())


def test_the_next_night_collects_what_the_last_one_paid(world, file):
    """Killed at 23:59:30; the next night buys only its own three, and puts the others where they belong."""
    killed_when_all_is_submitted(world, file)
    assert len(clips_of(world, FIRST)) == 1

    report = world.clock.run(render(world, file, BEFORE_MIDNIGHT + timedelta(hours=1)))

    assert len(report.endings) == 3
    assert (len(clips_of(world, FIRST)), len(clips_of(world, SECOND))) == (3, 3)
    assert len(world.simulator.invoice().lines) == 6
    assert world.clock.run(find_leftovers(world.store, world.clock)) == ()


def test_leftovers_are_named_by_their_edition(world, file):
    """What `status` and the night's page list."""
    killed_when_all_is_submitted(world, file)

    (left,) = world.clock.run(find_leftovers(world.store, world.clock, campaign="shoe", skip=SECOND))

    assert (left.edition, len(left.to_collect), left.unsettled) == (FIRST, 2, ())
    assert left.in_words() == (
        "shoe/night-2026-11-22: 2 paid, not collected: run hailuo collect shoe/night-2026-11-22"
    )
    assert world.clock.run(find_leftovers(world.store, world.clock, campaign="shoe", skip=FIRST)) == ()


REFUSALS = {
    "a cut budget": (AdmissionError, {"budget": "0.90", "takes": 4}, {}),
    "a cap of a run": (AdmissionError, {"takes": 4}, {"max_usd_per_run": Decimal("0.10")}),
    "a cap of a month": (AdmissionError, {"takes": 4}, {"max_usd_per_month": Decimal("0.10")}),
    "an empty balance": (AdmissionError, {"takes": 20}, {}),
    "a mistake in the file": (CampaignError, {"takes": "many"}, {}),
    "a file that is not YAML": (CampaignError, {"takes": "[3"}, {}),
    "a cell that is not offered": (CampaignError, {"size": "9999p"}, {}),
}


@pytest.mark.parametrize(("error", "change", "settings"), REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_to_buy_comes_after_collecting(world, file, error, change, settings):
    """The same refusal as ever, and a line that says what was collected before it."""
    killed_when_all_is_submitted(world, file)
    text = CAMPAIGN.format(**{"takes": 3, "budget": 20, **change})
    file.write_text(text.replace("768p", change.get("size", "768p")))

    with pytest.raises(error) as refused:
        world.clock.run(render(world, file, BEFORE_MIDNIGHT, settings=SETTINGS.model_copy(update=settings)))

    assert len(clips_of(world, FIRST)) == 3
    assert len(world.simulator.invoice().lines) == 3
    assert "collected 2 of 2 clips that were paid before, of shoe/night-2026-11-22" in refused.value.notes
    assert refused.value.problems


def test_a_session_of_another_program_collects_first_too(world, file):
    """Its plan is refused, and what was paid for it is stored all the same."""
    killed_when_all_is_submitted(world, file)
    file.write_text(CAMPAIGN.format(takes=4, budget="0.90"))

    async def session_alone():
        prepared = prepare(CampaignRequest(path=file, at=BEFORE_MIDNIGHT))
        async with (
            connected(world) as connections,
            open_session(prepared, SETTINGS, clock=world.clock, connections=connections) as session,
        ):
            await session.run(await session.plan())

    with pytest.raises(AdmissionError, match="budget"):
        world.clock.run(session_alone())
    assert len(clips_of(world, FIRST)) == 3


class WithoutBalance(httpx.AsyncBaseTransport):
    """The vendor, but its balance cannot be read."""

    def __init__(self, vendor: httpx.AsyncBaseTransport) -> None:
        self._vendor = vendor

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if "balance" in request.url.path:
            return httpx.Response(503)
        return await self._vendor.handle_async_request(request)


def test_an_unknown_balance_comes_after_collecting(world, file):
    """Nothing is bought, as ever, and what was paid is stored."""
    killed_when_all_is_submitted(world, file)
    file.write_text(CAMPAIGN.format(takes=4, budget=20))
    transport = WithoutBalance(SimulatorTransport(world.simulator.app))
    client = VideoClient(base_url=SETTINGS.base_url, key=SecretStr("sk-test"), transport=transport)

    with pytest.raises(AdmissionError, match="did not report the balance"):
        world.clock.run(render(world, file, BEFORE_MIDNIGHT, client=client))

    assert len(clips_of(world, FIRST)) == 3
    assert len(world.simulator.invoice().lines) == 3


ZEPPELIN = """\
sources: {own: {text: our contract, checked: 2026-11-29}}
families:
  zeppelin:
    request: {model: "{model}", prompt: "{prompt}", seconds: "{duration}", size: "{size}", audio: "{audio}"}
    settings: {audio: {values: [true, false], send: always}}
    audio: {setting: audio}
    billed: at_end
    limits: {deadline_s: 40000}
models:
  zeppelin-1:
    family: zeppelin
    prompt: {limit: 2000, source: own}
    first_frame: {rule: none, source: own}
    offers: [{duration: 6, size: 768p, price_usd: 0.50, source: own}]
"""


def test_paid_clips_of_your_own_model_are_collected_by_your_own_catalog(tmp_path, file):
    """Clips that take six hours and are charged at the end, as only your file says; ledger and invoice agree."""
    (tmp_path / "own.yaml").write_text(ZEPPELIN)
    settings = SETTINGS.model_copy(update={"catalog": tmp_path / "own.yaml"})
    world = world_of(
        load_catalog(settings.catalog),
        jobs=1,
        balance_usd=Decimal("1.70"),
        median_render_seconds=20_000.0,
        p95_render_seconds=20_001.0,
    )
    text = CAMPAIGN.format(takes=3, budget=20).replace("MiniMax-Hailuo-02", "zeppelin-1, audio: false")
    file.write_text(text)

    async def killed_then_collected():
        rendering = asyncio.create_task(render(world, file, BEFORE_MIDNIGHT, settings=settings))
        while sum(entry.key.endswith("/outcome") for entry in await world.store.listing("shoe/")) < 3:
            await world.clock.sleep(1)
        rendering.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await rendering
        async with connected(world) as connections:
            collected = await PaidClips(settings, world.clock, connections=connections).collect("shoe")
        ledger = Ledger(world.store, world.clock, FIRST, worker="auditor")
        await ledger.load()
        return collected, sums_of(one for record in ledger.records.values() for one in items_of(record))

    collected, sums = world.clock.run(killed_then_collected())

    assert collected.is_complete
    assert len(clips_of(world, FIRST)) == 3
    assert (sums.spent_usd, sums.reserved_usd) == (world.simulator.invoice().net_usd, 0)
    assert sums.spent_usd == Decimal("1.50")


def test_a_damaged_edition_does_not_keep_the_others_from_being_collected(world, file):
    """It is named, with the reason; what else was paid is stored."""
    killed_when_all_is_submitted(world, file)
    key = f"shoe/broken/ledger/v1/{'0' * 10}/a001/outcome"

    async def collect():
        await world.store.create(key, b"{}")
        async with connected(world) as connections:
            return await PaidClips(SETTINGS, world.clock, connections=connections).collect("shoe")

    collected = world.clock.run(collect())

    assert collected.stored == 2
    assert [line for line in collected.troubles if "shoe/broken" in line]
    assert not collected.is_complete


def test_without_a_key_paid_clips_are_named(world, file):
    """Nothing is asked of the vendor, and nothing is forgotten."""
    killed_when_all_is_submitted(world, file)

    async def collect():
        async with connected(world) as connections:
            keyless = SETTINGS.model_copy(update={"api_key": None})
            return await PaidClips(keyless, world.clock, connections=connections).collect()

    collected = world.clock.run(collect())

    assert collected.stored == 0
    assert collected.troubles == ("2 paid clips of shoe/night-2026-11-22 wait: IMAROUTER_API_KEY is not set",)


@pytest.mark.parametrize(
    ("content", "verified", "named"),
    [
        pytest.param(None, False, None, id="missing"),
        pytest.param(b"", False, None, id="empty"),
        pytest.param(b"other", True, None, id="changed, as a verification found"),
        pytest.param(b"other", False, FIRST, id="of another size, in the edition that is named"),
    ],
)
def test_a_changed_clip_of_another_edition_is_a_leftover_like_a_missing_one(
    world, file, content, verified, named
):
    """Of three stored clips one is damaged afterwards: it alone is collected again."""
    world.clock.run(render(world, file, BEFORE_MIDNIGHT))
    key, *_ = clips_of(world, FIRST)

    async def damage_and_look():
        if content is None:
            del world.store._objects[key]
        else:
            await world.store.put(key, content, content_type="video/mp4")
        if verified:
            await verify(world.store, world.clock, FIRST)
        return await find_leftovers(world.store, world.clock, campaign="shoe", named=named)

    (found,) = world.clock.run(damage_and_look())

    assert (found.edition, found.to_collect, found.trouble) == (
        FIRST,
        (key.rpartition("/")[2].removesuffix(".mp4"),),
        None,
    )


def test_what_another_run_bought_meanwhile_is_not_taken_for_a_deleted_ledger(world, file):
    """Its clips and its grant are there, and the facts came after this run had listed them: nothing is refused."""

    async def overtaken():
        async with connected(world) as connections:
            prepared = prepare(CampaignRequest(path=file, at=BEFORE_MIDNIGHT), SETTINGS)
            async with open_session(
                prepared, SETTINGS, clock=world.clock, connections=connections
            ) as session:
                early = await session.plan()
                await render(world, file, BEFORE_MIDNIGHT)
                await session._tools.ledger.check_clips()
                return await session.refusals(early)

    refusals = world.clock.run(overtaken())

    assert [problem for problem in refusals if "has no facts" in problem.reason] == []
    assert len(world.simulator.invoice().lines) == 3
