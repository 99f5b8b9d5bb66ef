"""Before money is spent: which variants cannot run where, and why."""

from dataclasses import replace

import pytest

from hailuo.campaign.files import load_catalog
from hailuo.campaign.job import Job
from hailuo.campaign.model import Campaign
from hailuo.campaign.variant import FirstFrame
from hailuo.errors import Place
from hailuo.media.expectation import expected_facts, expected_verdicts, placement_warnings
from hailuo.media.inspection import Facts
from tests.support.factories import VARIANT, make_job

CATALOG = load_catalog(None)
CAMPAIGN = Campaign(name="shoe", grids=(), place=Place("shoe.yaml", 1), placements=("meta_reels",))
UPRIGHT = FirstFrame(label="hero", sha256="ab" * 32, width=1080, height=1920)
UNSEEN = FirstFrame(label="far", sha256="cd" * 32, url="https://example.com/hero.png")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (1366, 768, 6.0)),
        ({"size": "1080p", "duration": 10}, (1920, 1080, 10.0)),
        ({"size": "512p"}, (912, 512, 6.0)),
        ({"first_frame": UPRIGHT}, (768, 1366, 6.0)),
        ({"first_frame": replace(UPRIGHT, width=1000, height=1000)}, (768, 768, 6.0)),
        ({"first_frame": replace(UPRIGHT, width=1920, height=1080)}, (1366, 768, 6.0)),
        ({"first_frame": UNSEEN}, (None, None, 6.0)),
        ({"size": "2k"}, (None, None, 6.0)),
    ],
)
def test_the_shape_follows_the_first_frame(changes: dict, expected: tuple) -> None:
    """Text-to-video is 16:9 and silent; with a first frame the clip has its shape, at the tier's short side."""
    facts = expected_facts(replace(VARIANT, **changes), CATALOG)

    assert (facts.width, facts.height, facts.duration_s) == expected
    assert facts.has_audio is False


def test_of_an_unknown_family_only_the_duration_is_known() -> None:
    """Nothing is assumed of models that nobody has looked at."""
    facts = expected_facts(replace(VARIANT, model="of-another-family"), CATALOG)

    assert facts == Facts(duration_s=6.0)


def test_what_only_the_file_can_tell_is_not_held_against_an_order() -> None:
    """Bit rate, bytes and codec are judged when there is a clip."""
    job = make_job()

    found = expected_verdicts([job], ["tiktok_infeed"], CATALOG)[job.creative_id]["tiktok_infeed"]

    assert found.reasons == ("aspect_not_recommended", "no_audio")


def _warnings(*jobs: Job, placements: tuple[str, ...]) -> list[str]:
    campaign = replace(CAMPAIGN, placements=placements)
    return [str(problem) for problem in placement_warnings(campaign, jobs, CATALOG)]


def test_a_placement_that_no_variant_can_run_in_is_told_loudly() -> None:
    """Takes are not counted: a variant is what can be changed."""
    jobs = [make_job(), make_job(take=2), make_job(replace(VARIANT, prompt="Another"))]

    (told,) = _warnings(*jobs, placements=("meta_reels", "youtube_bumper"))

    assert told == (
        "shoe.yaml:1: placement meta_reels: NONE of the 2 variants can run there as rendered: the shape is not accepted "
        "(1366x768; best 9:16); make copies that can with hailuo conform --placement meta_reels, or start from a first "
        "frame of its shape"
    )


def test_the_variants_that_cannot_run_are_counted() -> None:
    """A duration that is too long is no business of copies: it must be ordered otherwise."""
    jobs = [make_job(), make_job(replace(VARIANT, duration=10))]

    (told,) = _warnings(*jobs, placements=("youtube_bumper",))

    assert told == (
        "shoe.yaml:1: placement youtube_bumper: 1 of 2 variants cannot run there as rendered: longer than the longest "
        "duration (10 s; at most 6 s); order another duration for it"
    )


def test_a_first_frame_that_is_only_a_url_is_not_guessed_at() -> None:
    """What cannot be known beforehand is told as that."""
    (told,) = _warnings(make_job(replace(VARIANT, first_frame=UNSEEN)), placements=("meta_reels",))

    assert "it is not known in advance whether 1 of 1 variant can run there: the shape is not known" in told


def test_a_campaign_that_fits_is_not_warned() -> None:
    """No placement named, or every variant fit for it: nothing is said."""
    upright = make_job(replace(VARIANT, first_frame=UPRIGHT))

    assert _warnings(make_job(), placements=()) == []
    assert _warnings(upright, placements=("meta_reels", "youtube_bumper")) == []
    assert _warnings(placements=("meta_reels",)) == []
