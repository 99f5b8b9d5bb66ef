"""A publication is whole or not at all, and is made from the store alone."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from pydantic import TypeAdapter

from hailuo.campaign.model import SyntheticPerformer
from hailuo.campaign.pricing import Basis
from hailuo.errors import MissingKeyError
from hailuo.ledger.ledger import Ledger
from hailuo.media.conformed import Conformed, keep_conformed
from hailuo.media.inspection import Facts
from hailuo.media.recipe import Recipe
from hailuo.plan.file import PlanFile, PlanLine
from hailuo.publish.manifest import CONTENT_TYPES, ManifestError, read_jsonl
from hailuo.publish.publish import publish
from hailuo.store.layout import Edition
from hailuo.testing import MemoryStore, VirtualClock
from tests.support.factories import BUSY, JOB, PRICE, SUBMITTED, bought, make_done, make_job, put_clip, tell

AT = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)
FOLDER = "shoe/main/manifest/"
EDITION = Edition("shoe", "main")
PLAN = PlanFile(
    digest="d",
    admitted_at=AT,
    budget_usd=None,
    failed_retries=1,
    synthetic_performer=SyntheticPerformer.NO,
    lines=(PlanLine(job=JOB, price_usd=PRICE, price_basis=next(iter(Basis))),),
)
COPY = Conformed(
    derived_from=JOB.creative_id,
    name="9x16",
    placement=None,
    recipe=Recipe(
        width=1080, height=1920, fit="pad", audio="silent", loudness_lufs=-14.0, true_peak_dbtp=-1.0
    ),
    source_sha256="ab" * 32,
    source=Facts(),
    key=EDITION.conformed_copy(JOB.creative_id, "9x16"),
    sha256="cd" * 32,
    made_at=AT,
    facts=Facts(width=1080, height=1920, bytes=3),
    placements={},
    placements_version="1",
    digital_source_type=None,
)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def store(clock: VirtualClock) -> MemoryStore:
    """One clip bought and stored."""
    store = MemoryStore(clock)
    ledger = Ledger(store, clock, worker="ann", edition=EDITION)
    content = TypeAdapter(PlanFile).dump_json(PLAN)
    clock.run(store.put(Edition("shoe", "main").plan, content, content_type="application/json"))
    clock.run(bought(ledger))
    clock.run(tell(ledger, JOB, SUBMITTED, make_done(amount_usd=Decimal("0.27"))))
    clock.run(put_clip(store))
    return store


def conform(clock: VirtualClock, store: MemoryStore, copy: Conformed) -> None:
    clock.run(store.put(copy.key, b"mp4", content_type="video/mp4"))
    clock.run(keep_conformed(store, copy))


def files_in(clock: VirtualClock, store: MemoryStore) -> dict[str, bytes]:
    entries = clock.run(store.listing(FOLDER))
    return {entry.key.removeprefix(FOLDER): clock.run(store.read(entry.key)) for entry in entries}


def test_every_file_lies_there_and_the_package_vouches_for_it(
    clock: VirtualClock, store: MemoryStore
) -> None:
    """By size and hash."""
    clock.run(publish(store, clock, EDITION))

    files = files_in(clock, store)
    package = json.loads(files["datapackage.json"])
    assert set(files) == set(CONTENT_TYPES)
    assert {one["hash"] for one in [*package["resources"], *package["hailuo:files"]]} == {
        f"sha256:{hashlib.sha256(content).hexdigest()}"
        for name, content in files.items()
        if name != "datapackage.json"
    }


def test_copies_are_rows_of_the_files_and_not_of_the_page(clock: VirtualClock, store: MemoryStore) -> None:
    """Whoever counts jobs or money is not misled."""
    conform(clock, store, COPY)

    made = clock.run(publish(store, clock, EDITION))

    rows = read_jsonl(files_in(clock, store)["manifest.jsonl"])
    assert list(made.rows["creative_id"]) == [JOB.creative_id]
    assert list(rows["derived_from"]) == [None, JOB.creative_id]
    assert rows["cost_actual"].dropna().tolist() == [Decimal("0.27")]
    assert list(rows["s3_uri"]) == [JOB.clip_key, COPY.key]
    assert list(rows["synthetic_performer"]) == ["no", "no"]


def test_a_defect_leaves_the_last_publication_as_it_was(clock: VirtualClock, store: MemoryStore) -> None:
    """It is told aloud, and nothing half-written is the newest."""
    clock.run(publish(store, clock, EDITION))
    before = files_in(clock, store)
    conform(clock, store, COPY)
    conform(clock, store, replace(COPY, key=EDITION.conformed_copy(JOB.creative_id, "again")))

    with pytest.raises(ManifestError, match="is in 2 rows"):
        clock.run(publish(store, clock, EDITION))

    assert files_in(clock, store) == before


class _WithoutPlan(MemoryStore):
    """A store whose plan.json was deleted."""

    async def read(self, key: str) -> bytes:
        if key == EDITION.plan:
            raise MissingKeyError(key)
        return await super().read(key)


def test_a_bought_clip_is_published_without_its_plan(clock: VirtualClock) -> None:
    """The ledger alone is enough: a clip that was paid for is never left out because plan.json was deleted."""
    store = _WithoutPlan(clock)
    ledger = Ledger(store, clock, EDITION, worker="ann")
    clock.run(bought(ledger))
    clock.run(tell(ledger, JOB, SUBMITTED, make_done(amount_usd=Decimal("0.27"))))
    clock.run(put_clip(store))

    made = clock.run(publish(store, clock, EDITION))

    assert list(made.rows["creative_id"]) == [JOB.creative_id]
    assert list(made.rows["status"]) == ["stored"]


@pytest.mark.parametrize("content", [b"", b"garbage", b'{"schema": "hailuo.plan/9.0"}'])
def test_a_damaged_plan_hides_no_clip(clock: VirtualClock, store: MemoryStore, content: bytes) -> None:
    """It can be written again by a run; the ledger has what was bought."""
    clock.run(store.put(EDITION.plan, content, content_type="application/json"))

    made = clock.run(publish(store, clock, EDITION))

    assert list(made.rows["status"]) == ["stored"]


@pytest.mark.parametrize(
    ("content", "code"), [(None, "clip_missing"), (b"", "clip_changed"), (b"cut", "clip_changed")]
)
def test_a_lost_clip_is_a_row_without_a_file(
    clock: VirtualClock, store: MemoryStore, content: bytes | None, code: str
) -> None:
    """It was paid for, and is to be collected again: manifest and gallery do not point to what is not there."""
    del store._objects[JOB.clip_key]
    if content is not None:
        clock.run(store.put(JOB.clip_key, content, content_type="video/mp4"))

    [row] = clock.run(publish(store, clock, EDITION)).rows.to_dict("records")

    assert (row["status"], row["state"], row["error_code"]) == ("submitted", "submitted", code)
    assert (row["s3_uri"], row["sha256"], row["poster_uri"]) == (None, None, None)
    assert row["spent_usd"] == Decimal("0.27")


def test_nothing_is_to_buy_for_a_job_that_left_the_plan(clock: VirtualClock, store: MemoryStore) -> None:
    """The vendor was busy, then the job was removed from the file: it is on the page, and no run buys it."""
    removed = make_job(take=2)
    ledger = Ledger(store, clock, EDITION, worker="ann")
    clock.run(bought(ledger, removed))
    clock.run(tell(ledger, removed, BUSY))

    made = clock.run(publish(store, clock, EDITION))

    [row] = made.rows[made.rows["creative_id"] == removed.creative_id].to_dict("records")
    assert (row["state"], row["to_buy_usd"]) == ("new", Decimal(0))


def test_a_clip_keeps_its_number_whatever_joins_or_leaves_the_plan(
    clock: VirtualClock, store: MemoryStore
) -> None:
    """People note numbers down: a new first row of the sheet changes none. A copy has its original's."""
    conform(clock, store, COPY)
    clock.run(publish(store, clock, EDITION))
    first, second = make_job(take=2), make_job(take=3)
    for jobs in ((first, JOB), (second, first)):
        lines = tuple(PlanLine(job=job, price_usd=PRICE, price_basis=next(iter(Basis))) for job in jobs)
        content = TypeAdapter(PlanFile).dump_json(replace(PLAN, lines=lines))
        clock.run(store.put(EDITION.plan, content, content_type="application/json"))

        made = clock.run(publish(store, clock, EDITION))

    numbers = dict(zip(made.rows["creative_id"], made.rows["clip_number"], strict=True))
    assert numbers == {second.creative_id: 3, first.creative_id: 2, JOB.creative_id: 1}
    assert set(made.all_rows.dropna(subset=["derived_from"])["clip_number"]) == {1}
