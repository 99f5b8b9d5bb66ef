"""Ad results of finished copies: each finish is a creative of its own, and the finish is a factor beside the others."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from hailuo.report.analysis.analyse import analyse
from hailuo.report.analysis.creatives import creatives_of
from hailuo.report.analysis.options import AnalysisOptions
from hailuo.report.clip_results import results_of
from hailuo.report.findings import JoinMethod, ReportFindings
from hailuo.report.health import health
from hailuo.report.join import clip_of, join, original_of
from hailuo.report.next_batch.draft import next_batch
from hailuo.report.page.costs import costs_of
from tests.report.worlds import joined_rows, make_health, variants_of
from tests.support.report.frames import make_ads, make_results

FINISHES = {"gift": 1.6, "today": 1.0, "price": 1.0}
PROMPTS = tuple(f"prompt-{letter}" for letter in "abcdef")
PLACES = ("meta_feed", "meta_reels")


@pytest.fixture(scope="module")
def variants() -> pd.DataFrame:
    """Six clips of one model; of each a copy for every finish and placement."""
    clips = variants_of([(prompt, "MiniMax-Hailuo-02", 6, 1) for prompt in PROMPTS]).to_dict("records")
    rows = []
    for at, clip in enumerate(clips):
        own = {**clip, "finish": None, "finish_id": None, "stored_at": "2026-11-01T00:00:00.000Z"}
        rows.append({**own, "s3_uri": f"clips/{clip['creative_id']}.mp4"})
        for number, (place, finish) in enumerate((place, finish) for place in PLACES for finish in FINISHES):
            ending = f"{clip['creative_id']}-{place}-{finish}-{finish:0<10}"
            rows.append(
                {
                    **clip,
                    "creative_id": f"F{at:04d}{number:05d}",
                    "derived_from": clip["creative_id"],
                    "finish": finish,
                    "finish_id": f"{finish:0<10}",
                    "factors": {**clip["factors"], "finish": finish},
                    "stored_at": f"2026-11-02T00:00:{number:02d}.000Z",
                    "s3_uri": f"conformed/{ending}.mp4",
                    "cost_est": None,
                }
            )
    return pd.DataFrame(rows, dtype=object)


def test_copies_with_one_finish_are_one_creative_on_all_placements(variants: pd.DataFrame) -> None:
    """The first that was made stands for the others; other finishes, and the clip itself, are others."""
    counted = original_of(variants)

    assert counted["F000000000"] == counted["F000000003"] == "F000000000"
    assert len({counted[f"F00000000{number}"] for number in range(3)}) == 3
    assert counted["C000000000"] == "C000000000"
    assert clip_of(variants)["F000000004"] == "C000000000"


def test_a_result_finds_the_finish_that_was_shown(variants: pd.DataFrame) -> None:
    """By the ad id of ads.csv, the name, the link and the file, whatever the placement."""
    ads = make_ads({"creative_id": "F000000004", "ad_id": "7"})
    rows = (
        {"ad_id": "7"},
        {"ad_name": "HV-F000000004_launch_v-today"},
        {"utm_content": "f000000004"},
        {"file_name": "C000000000-meta_reels-today-today00000.mp4"},
        {"ad_name": "HV-C000000000_launch"},
    )

    found = join(make_results(*rows), variants, ads)

    assert found["creative_id"].tolist() == ["F000000001"] * 4 + ["C000000000"]
    assert found["join_method"].tolist()[3] == JoinMethod.FILE_NAME.value


@pytest.fixture(scope="module")
def findings(variants: pd.DataFrame) -> ReportFindings:
    """Thirty thousand impressions each; one caption earns 60 % more clicks on every clip."""
    rng, first = np.random.default_rng(1), set(original_of(variants).values())
    shown = variants[variants["creative_id"].isin(list(first)) & variants["finish"].notna()]
    rates = [0.012 * FINISHES[finish] for finish in shown["finish"]]
    cells = pd.DataFrame(
        {
            "creative_id": shown["creative_id"].to_numpy(),
            "impressions": 30_000.0,
            "clicks_link": rng.binomial(30_000, rates).astype(float),
            "spend": 250.0,
        }
    )
    at = datetime(2026, 12, 1, tzinfo=UTC)
    return analyse(
        joined_rows(cells), variants, options=AnalysisOptions(), health=make_health(), made_at=at, version="1"
    )


def test_the_finish_is_a_factor_beside_the_prompt(findings: ReportFindings) -> None:
    """The better caption is found, held apart from the clips that it was drawn on."""
    (found,) = findings.platforms
    (finish,) = (factor for factor in found.factors if factor.name == "finish")

    best = max(finish.levels, key=lambda level: level.rate)
    assert {factor.name for factor in found.factors} == {"prompt", "finish"}
    assert best.name == "gift"
    assert best.difference.lift_interval is not None
    assert (best.difference.lift_interval.low or 0) > 0
    assert len(found.creatives) == len(PROMPTS) * len(FINISHES)
    assert len({one.cell_id for one in found.creatives}) == len(found.creatives)


def test_each_clip_has_the_results_of_its_finishes(findings: ReportFindings) -> None:
    """All of them, the one with the best corrected metric first."""
    found = results_of(findings, report="reports/1/report.html").by_clip()

    assert {clip_id: len(platforms["meta"]) for clip_id, platforms in found.items()} == {
        f"C{at:09d}": len(FINISHES) for at in range(len(PROMPTS))
    }
    for platforms in found.values():
        corrected = [one.corrected or 0 for one in platforms["meta"]]
        assert corrected == sorted(corrected, reverse=True)


def test_a_clip_is_rendered_once_whatever_its_finishes(findings: ReportFindings) -> None:
    """Six clips at 0.28 $, though eighteen creatives ran."""
    costs = costs_of(findings)

    assert costs["rendering"] == "$1.68"
    assert costs["unpriced"] == 0


def test_the_next_batch_orders_clips_and_no_finishes(
    findings: ReportFindings, variants: pd.DataFrame
) -> None:
    """Its cells are of the axes that can be ordered."""
    batch = next_batch(findings, variants, None, budget_usd=None, file_name="next.yaml")

    assert batch is not None
    assert {axis for row in batch.proposal.rows for axis in row.cell} == {"prompt"}


def test_no_clip_is_missing_whose_finished_copies_ran(variants: pd.DataFrame) -> None:
    """It is what its copies show."""
    joined = join(make_results({"ad_name": "HV-F000000001_x"}), variants)

    assert "C000000000" not in health(joined, variants).missing


def test_where_all_are_the_control_none_is(variants: pd.DataFrame) -> None:
    """Ten captions on the one control clip are compared with each other."""
    one = variants[variants["prompt_label"] == PROMPTS[0]].assign(is_control=True)

    assert not any(found.is_control for found in creatives_of(one).values())
