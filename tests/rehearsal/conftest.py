"""Campaigns and settings of rehearsed nights. No socket is opened in any of them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hailuo.plan.prepare import CampaignRequest, PreparedCampaign, prepare
from hailuo.settings import Settings

MakeCampaign = Callable[..., PreparedCampaign]


def campaign_text(
    jobs: int,
    *,
    model: str = "MiniMax-Hailuo-2.3",
    duration: str = "6",
    edition: str = "main",
    axes: str = "",
) -> str:
    """A campaign of so many prompts."""
    prompts = "".join(
        f"    - {{id: p{n:04}, text: Perfume bottle {n} on black stone}}\n" for n in range(jobs)
    )
    return (
        f"campaign: night\nedition: {edition}\ndefaults: {{size: hd}}\nbudget: {{usd: 100000}}\n"
        f"matrix:\n  model: [{model}]\n  duration: [{duration}]\n{axes}  prompt:\n{prompts}"
    )


@pytest.fixture
def make_campaign(tmp_path: Path) -> MakeCampaign:
    """`make_campaign(12, model=...)`: a campaign, prepared."""

    def make(jobs: int, settings: Settings | None = None, **words: str) -> PreparedCampaign:
        path = tmp_path / "night.yaml"
        path.write_text(campaign_text(jobs, **words), encoding="utf-8")
        return prepare(CampaignRequest(path=path), settings or Settings(max_jobs=100_000))

    return make


@pytest.fixture
def store(tmp_path: Path) -> str:
    """The path of a store that is not there yet."""
    return str(tmp_path / "store")
