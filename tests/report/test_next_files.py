"""The next batch as a campaign file: whatever is proposed, it validates, stays within its budget and is what was proposed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import hypothesis.strategies as st
import pandas as pd
import pytest
from hypothesis import given, settings

from hailuo.campaign.expand import expand
from hailuo.campaign.files import load_campaign
from hailuo.campaign.job import Job
from hailuo.campaign.model import Campaign
from hailuo.campaign.pricing import PriceKey, quote
from hailuo.plan.prepare import CampaignRequest, PreparedCampaign, prepare
from hailuo.publish import manifest
from hailuo.publish.publish import publish
from hailuo.report.analysis.creatives import creatives_of
from hailuo.report.findings import CreativeFinding, CreativeStanding, Recommendation, ReportFindings
from hailuo.report.next_batch.cells import Cells, charged_prices, constant_labels
from hailuo.report.next_batch.draft import NextBatch, next_batch
from hailuo.settings import Settings
from hailuo.store import FolderStore
from hailuo.store.layout import Edition
from hailuo.testing import VirtualClock
from tests.report.editions import CAMPAIGN, keep_edition, prepared_from
from tests.report.factories import make_creative, make_findings, make_platform
from tests.support.examples import examples

AT = datetime(2026, 11, 22, tzinfo=UTC)
FOLDER = Path(__file__).resolve().parents[2] / "campaigns"
EXAMPLES = (
    "demo.yaml",
    "luxury-launch.yaml",
    "portrait-motion.yaml",
    "lifestyle-reveal.yaml",
    "automotive-night.csv",
)


@dataclass(frozen=True)
class Shot:
    """An example campaign, rendered, with its manifest."""

    prepared: PreparedCampaign
    variants: pd.DataFrame

    @property
    def campaign(self) -> Campaign:
        return self.prepared.require_campaign()

    def findings(self, creatives: Sequence[CreativeFinding], *, seed: int = 1) -> ReportFindings:
        platform = make_platform(creatives=tuple(creatives), factors=())
        named = {"campaign": self.campaign.name, "edition": self.campaign.edition}
        return make_findings(platforms=(platform,), seed=seed, **named)

    def batch(self, findings: ReportFindings, budget_usd: Decimal | None = None) -> NextBatch:
        made = next_batch(
            findings, self.variants, self.prepared, budget_usd=budget_usd, file_name="next.yaml"
        )
        assert made is not None
        return made

    def read_back(self, made: NextBatch) -> Sequence[Job]:
        """The jobs of the file, which has no problem."""
        loaded = load_campaign(
            FOLDER / "next.yaml", catalog=self.prepared.catalog, at=AT, text=made.text(folder=FOLDER)
        )
        assert loaded.problems == ()
        assert loaded.campaign is not None
        expansion = expand(loaded.campaign, self.prepared.catalog)
        assert expansion.problems == ()
        return expansion.jobs


@cache
def shot(name: str) -> Shot:
    clock = VirtualClock()
    with TemporaryDirectory() as folder:
        store = FolderStore(Path(folder))
        prepared = prepare(CampaignRequest(path=FOLDER / name, at=AT), Settings())
        clock.run(keep_edition(store, clock, prepared))
        campaign = prepared.require_campaign()
        made = clock.run(publish(store, clock, campaign.this_edition))
        return Shot(prepared, manifest.read_jsonl(clock.run(store.read(made.edition.manifest_jsonl))))


def judged_creatives(
    made: Shot, chances: Sequence[float], standings: Sequence[CreativeStanding]
) -> list[CreativeFinding]:
    """Every clip of the edition with some chance to be the best."""
    entrants = list(creatives_of(made.variants).values())
    total = sum(chances[: len(entrants)]) or 1.0
    found = [
        make_creative(
            index % 12,
            creative_id=one.creative_id,
            cell_id=one.cell_id,
            factors=one.factors,
            model=one.model,
            prompt=one.prompt,
            is_control=one.is_control,
            p_best=chances[index] / total,
            standing=standings[index],
        )
        for index, one in enumerate(entrants)
    ]
    return sorted(found, key=lambda one: -(one.p_best or 0))


def price_of(job: Job, made: Shot, charged: Mapping[PriceKey, Decimal]) -> Decimal:
    return quote(job.variant, made.prepared.catalog, charged).price_usd or Decimal(0)


@pytest.mark.slow
@given(data=st.data())
@settings(max_examples=examples(40))
def test_whatever_is_proposed_the_file_is_sound_and_within_its_budget(data):
    """No problem of the loader, no cent too much, and exactly the combinations and takes of the proposal."""
    made = shot(data.draw(st.sampled_from(EXAMPLES)))
    chances = data.draw(st.lists(st.floats(0, 1), min_size=50, max_size=50))
    standings = data.draw(st.lists(st.sampled_from(CreativeStanding), min_size=50, max_size=50))
    budget = data.draw(st.none() | st.decimals(Decimal("0.30"), 40, places=2))

    batch = made.batch(made.findings(judged_creatives(made, chances, standings)), budget)

    wanted = [row for row in batch.proposal.rows if row.takes and row.action is not Recommendation.DROP]
    assert (batch.proposal.file is None) == (not wanted)
    jobs = made.read_back(batch) if wanted else []
    charged = charged_prices(made.variants)
    at_list, at_charges = ([price_of(job, made, known) for job in jobs] for known in ({}, charged))
    cost = sum(map(max, at_list, at_charges))
    assert cost <= (budget or made.campaign.budget_usd or cost)
    assert batch.proposal.usd == pytest.approx(float(cost))
    cells = Cells(made.campaign, made.prepared.catalog, constant=constant_labels(made.variants))
    resolved = [(cells.resolve(row.cell), row.takes) for row in wanted]
    assert Counter(job.variant.variant_id for job in jobs) == {
        cell.job.variant.variant_id: takes for cell, takes in resolved if cell
    }
    assert len(jobs) == sum(row.takes for row in wanted)


@pytest.mark.slow
def test_the_new_file_follows_the_old_one():
    """Its name, its placements and its control; an edition of its own, so that nothing counts as rendered already."""
    made = shot("demo.yaml")
    creatives = judged_creatives(made, [1.0, *[0.01] * 49], [CreativeStanding.IN_THE_RUNNING] * 50)

    batch = made.batch(made.findings(creatives), Decimal(9))

    text = batch.text(folder=FOLDER)
    again = load_campaign(FOLDER / "next.yaml", catalog=made.prepared.catalog, at=AT, text=text).campaign
    assert again is not None
    assert (again.name, again.edition) == ("demo", "next-2026-11-30-0700")
    assert (again.budget_usd, again.placements) == (Decimal("9.00"), made.campaign.placements)
    assert again.control == made.campaign.control
    assert all(f"# {row.action.value}: " in text for row in batch.proposal.rows if row.takes)


@pytest.mark.slow
def test_what_the_campaign_left_out_is_not_explored():
    """`exclude` is somebody's decision: combinations that it names are not proposed, however good their parts are."""
    made = shot("luxury-launch.yaml")
    cells = Cells(made.campaign, made.prepared.catalog, constant=constant_labels(made.variants))
    cell = {
        "prompt": "orbit",
        "surface": "polished black stone",
        "size": "768p",
        "first_frame": "none",
        "duration": "10",
    }

    assert cells.is_legal({**cell, "model": "MiniMax-Hailuo-2.3"})
    assert not cells.is_legal({**cell, "model": "MiniMax-Hailuo-02"})
    assert not cells.is_legal({**cell, "model": "MiniMax-Hailuo-2.3", "size": "1080p"})
    assert not cells.is_legal({**cell, "model": "MiniMax-Hailuo-2.3", "surface": "marble"})
    assert cells.price_of({**cell, "model": "MiniMax-Hailuo-02"}) is None


def test_the_same_clip_under_another_name_is_no_new_combination(tmp_path):
    """A prompt that does not ask for an axis gives the same clip whatever the axis says."""
    text = CAMPAIGN.replace("takes: 2", "takes: 1").partition("control")[0] + (
        "include:\n"
        "  - {model: MiniMax-Hailuo-02, prompt: {id: floor, text: 'Sneaker on {floor}'}, floor: stone}\n"
        "  - {model: MiniMax-Hailuo-02, prompt: floor, floor: sand}\n"
    )
    prepared = prepared_from(tmp_path / "launch.yaml", text)
    cells = Cells(prepared.require_campaign(), prepared.catalog)
    plain = {"model": "MiniMax-Hailuo-02", "size": "768p", "duration": "6"}

    assert cells.is_legal({**plain, "prompt": "dawn"})
    assert cells.is_legal({**plain, "prompt": "dawn", "floor": "none"})
    assert not cells.is_legal({**plain, "prompt": "dawn", "floor": "sand"})
    assert cells.is_legal({**plain, "prompt": "floor", "floor": "sand", "model": "MiniMax-Hailuo-2.3"})


@pytest.mark.parametrize(("charged", "reckoned"), [("0.91", "0.91"), ("0.11", "0.28")])
@pytest.mark.slow
def test_the_price_is_the_dearer_of_list_and_charge(charged, reckoned):
    """The new edition knows no charges: at a discount that is gone the file would not be admitted by its own budget."""
    made = shot("demo.yaml")
    cell = PriceKey("MiniMax-Hailuo-02", 6, "768p")
    cells = Cells(
        made.campaign,
        made.prepared.catalog,
        constant=constant_labels(made.variants),
        charged={cell: Decimal(charged)},
    )
    labels = {"prompt": "orbit", "model": cell.model, "duration": "6", "size": "768p", "first_frame": "none"}

    assert cells.price_of(labels) == Decimal(reckoned)
    assert charged_prices(made.variants)[cell] == Decimal("0.28")


@pytest.mark.slow
def test_a_grant_in_a_frames_address_stays_out_of_the_store(tmp_path):
    """The file that is kept names the frame without its query; the one that a person asked for has it whole."""
    text = CAMPAIGN.replace(
        "matrix:", "matrix:\n  first_frame: [{id: hero, file: 'https://cdn.example.com/h.png?sig=abc'}]"
    )
    text = text.replace("MiniMax-Hailuo-02, ", "").replace(", model: MiniMax-Hailuo-02", "")
    clock, store = VirtualClock(), FolderStore(tmp_path / "store")
    prepared = prepared_from(tmp_path / "launch.yaml", text)
    clock.run(keep_edition(store, clock, prepared))
    made = clock.run(publish(store, clock, Edition("launch", "main")))
    one = Shot(prepared, manifest.read_jsonl(clock.run(store.read(made.edition.manifest_jsonl))))
    creatives = judged_creatives(one, [0.5] * 50, [CreativeStanding.IN_THE_RUNNING] * 50)

    batch = one.batch(replace(one.findings(creatives)), Decimal(5))

    assert "sig=abc" in batch.text(folder=tmp_path)
    assert "sig=abc" not in batch.text_to_keep()
    assert "https://cdn.example.com/h.png" in batch.text_to_keep()
