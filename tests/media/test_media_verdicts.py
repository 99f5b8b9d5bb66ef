"""Verdicts: each code for its reason, the worst decides, and what is not as ordered is a dispute."""

from dataclasses import fields, replace

import pytest

from hailuo.campaign.asked import Asked, ShapeBy
from hailuo.campaign.catalog import Trust
from hailuo.campaign.variant import FirstFrame
from hailuo.media import (
    DISPUTE,
    Code,
    Inspection,
    Order,
    Ruling,
    Thresholds,
    Verdict,
    differences,
    disputes,
    load_thresholds,
    order_of,
)
from hailuo.media.verdict import verdict
from hailuo.thresholds import thresholds_from
from tests.support.factories import VARIANT, make_job

ORDER = Order(duration_s=6, size="768p")
FRAMED = replace(ORDER, has_first_frame=True)
GOOD = Inspection(
    sha256="ab" * 32,
    bytes=2_600_000,
    container="mp4",
    video_codec="h264",
    pix_fmt="yuv420p",
    width=1366,
    height=768,
    aspect=1.7786,
    fps=24.0,
    frames=141,
    undecoded_frames=0,
    duration_s=5.875,
    faststart=True,
    pts_regular=True,
    has_audio=False,
    black_s=0.0,
    black_first=False,
    frozen_longest_s=0.0,
    luma_flicker_pct=0.02,
    motion_flow_mean=3.5,
    clipped_pct=0.0,
    scene_cuts=0,
)
TRUE_FRAME = replace(GOOD, ff_ssim=0.989, ff_psnr_db=43.5, ff_phash_dist=0)

CASES: dict[str, tuple[Code, Order, Inspection | None]] = {
    "nobody looked": (Code.NOT_CHECKED, ORDER, None),
    "we could not look": (Code.COULD_NOT_CHECK, ORDER, replace(GOOD, unchecked="disk full")),
    "no player shows it": (Code.DISPUTE_UNPLAYABLE, ORDER, replace(GOOD, unplayable="InvalidDataError")),
    "half of it missing": (Code.DISPUTE_CUT_OFF, ORDER, replace(GOOD, undecoded_frames=70)),
    "another codec": (Code.CODEC_UNEXPECTED, replace(ORDER, codec="hevc"), GOOD),
    "too short": (Code.DISPUTE_DURATION, ORDER, replace(GOOD, duration_s=5.0)),
    "6 s for 10 s": (Code.DISPUTE_DURATION, replace(ORDER, duration_s=10), GOOD),
    "720 lines for 768": (Code.DISPUTE_SIZE, ORDER, replace(GOOD, width=1280, height=720, aspect=16 / 9)),
    "768p for 1080p": (Code.DISPUTE_SIZE, replace(ORDER, size="1080p"), GOOD),
    "a little narrow": (Code.ASPECT_UNEXPECTED, ORDER, replace(GOOD, width=1312, aspect=1.7083)),
    "square": (Code.DISPUTE_ASPECT, ORDER, replace(GOOD, width=768, aspect=1.0)),
    "16:9 for 9:16": (Code.DISPUTE_ASPECT, replace(ORDER, aspect=9 / 16), GOOD),
    "9:16 for 16:9": (Code.DISPUTE_ASPECT, ORDER, replace(GOOD, width=768, height=1366, aspect=0.5622)),
    "16 a second for 24": (Code.DISPUTE_RATE, replace(ORDER, fps=24.0), replace(GOOD, fps=16.0)),
    "30 a second for 24": (Code.DISPUTE_RATE, replace(ORDER, fps=24.0), replace(GOOD, fps=30.0)),
    "mute for sound": (Code.DISPUTE_SOUND, replace(ORDER, has_audio=True), GOOD),
    "sound for mute": (
        Code.AUDIO_UNEXPECTED,
        replace(ORDER, has_audio=False),
        replace(GOOD, has_audio=True, loudness_lufs=-20.0),
    ),
    "some black": (Code.BLACK, ORDER, replace(GOOD, black_s=0.5)),
    "much black": (Code.BLACK_LONG, ORDER, replace(GOOD, black_s=1.3333)),
    "black first": (Code.BLACK_FIRST, ORDER, replace(GOOD, black_first=True)),
    "a freeze": (Code.FROZEN, ORDER, replace(GOOD, frozen_longest_s=1.2)),
    "a long freeze": (Code.FROZEN_LONG, ORDER, replace(GOOD, frozen_longest_s=2.0833)),
    "a flicker": (Code.FLICKER, ORDER, replace(GOOD, luma_flicker_pct=1.0)),
    "a strong flicker": (Code.FLICKER_STRONG, ORDER, replace(GOOD, luma_flicker_pct=12.2)),
    "only grain": (Code.HARDLY_MOVES, ORDER, replace(GOOD, motion_flow_mean=0.43)),
    "a cut": (Code.SCENE_CUT, ORDER, replace(GOOD, scene_cuts=1)),
    "burnt out": (Code.CLIPPED, ORDER, replace(GOOD, clipped_pct=30.0)),
    "12 brighter": (Code.FIRST_FRAME_CHANGED, FRAMED, replace(TRUE_FRAME, ff_psnr_db=26.6)),
    "3 % zoom": (Code.FIRST_FRAME_CHANGED, FRAMED, replace(TRUE_FRAME, ff_ssim=0.815)),
    "object moved": (Code.FIRST_FRAME_CHANGED, FRAMED, replace(TRUE_FRAME, ff_phash_dist=8)),
    "other image": (Code.FIRST_FRAME_OTHER, FRAMED, replace(TRUE_FRAME, ff_ssim=0.57, ff_phash_dist=24)),
    "frame not at hand": (Code.FIRST_FRAME_UNCHECKED, FRAMED, GOOD),
    "index at the end": (Code.NOT_FASTSTART, ORDER, replace(GOOD, faststart=False)),
    "uneven pace": (Code.PTS_IRREGULAR, ORDER, replace(GOOD, pts_regular=False)),
    "full chroma": (Code.PIX_FMT_UNUSUAL, ORDER, replace(GOOD, video_codec=None, pix_fmt="yuv444p")),
    "a tag that Safari does not play": (
        Code.BROWSER_UNSUPPORTED,
        ORDER,
        replace(GOOD, video_codec="hevc", video_tag="hev1"),
    ),
    "a codec for some devices": (
        Code.BROWSER_SOME,
        ORDER,
        replace(GOOD, video_codec="hevc", video_tag="hvc1"),
    ),
    "silent track": (Code.AUDIO_SILENT, ORDER, replace(GOOD, has_audio=True)),
    "distorted": (Code.AUDIO_DISTORTS, ORDER, replace(GOOD, true_peak_dbtp=1.2)),
}


@pytest.mark.parametrize(("code", "order", "found"), CASES.values(), ids=CASES)
def test_each_fault_has_its_code_and_its_verdict(code: Code, order: Order, found: Inspection | None) -> None:
    """One fault, one code, and the verdict that the table gives it."""
    assert verdict(found, order) == Ruling(code.verdict, (code,))


def test_every_code_is_explained_and_tried() -> None:
    """A new code comes with its meaning and its case."""
    assert all(code.words for code in Code)
    assert {code for code, _, _ in CASES.values()} == set(Code) - {Code.NEAR_DUPLICATE}


@pytest.mark.parametrize(
    ("seconds", "ordered"), [(5.875, 6), (6.0, 6), (6.04, 6), (10.1, 10), (10.125, 10), (9.8, 10)]
)
def test_a_clip_as_long_as_the_vendor_makes_them_is_as_ordered(seconds: float, ordered: int) -> None:
    """141 frames are 6 s, and 10 s last 10.1."""
    assert (
        verdict(replace(GOOD, duration_s=seconds), replace(ORDER, duration_s=ordered)).verdict is Verdict.PASS
    )


@pytest.mark.parametrize(
    ("size", "width", "height"),
    [("768p", 1366, 768), ("1080p", 1920, 1080), ("1080p", 1920, 1088), ("512p", 912, 512)],
)
def test_a_tier_is_the_short_side(size: str, width: int, height: int) -> None:
    """As the vendor delivers them, also where an encoder rounds up to 16 pixels."""
    found = replace(GOOD, width=width, height=height, aspect=width / height)

    assert verdict(found, replace(ORDER, size=size)).verdict is Verdict.PASS


def test_an_upright_clip_of_an_upright_first_frame_is_as_ordered() -> None:
    """The aspect follows the first frame."""
    frame = FirstFrame(label="hero", sha256="77" * 32, width=1080, height=1920)
    order = order_of(make_job(replace(VARIANT, first_frame=frame)))
    found = replace(TRUE_FRAME, width=768, height=1366, aspect=768 / 1366)

    assert order == Order(
        duration_s=6,
        size="768p",
        has_first_frame=True,
        short_side=768,
        aspect=0.5625,
        fps=24.0,
        has_audio=False,
    )
    assert verdict(found, order) == Ruling(Verdict.PASS, ())


def test_the_aspect_of_an_image_nobody_has_seen_is_not_judged() -> None:
    """A first frame by URL is not fetched to learn its size."""
    frame = FirstFrame(label="hero", sha256="77" * 32, url="https://example.com/hero.png")

    assert order_of(make_job(replace(VARIANT, first_frame=frame))).aspect is None


@pytest.mark.parametrize(
    ("model", "parameters", "aspect", "fps"),
    [
        ("MiniMax-Hailuo-02", {}, 16 / 9, 24.0),
        ("seedance-2.0", {"aspect_ratio": "9:16"}, 9 / 16, 24.0),
        ("seedance-2.0", {}, None, 24.0),
        ("MiniMax-H3", {"aspect_ratio": "adaptive"}, None, 24.0),
        ("of-another-family", {}, None, None),
    ],
)
def test_an_order_is_what_was_set_or_what_the_model_makes(
    model: str, parameters: dict[str, str], aspect: float | None, fps: float | None
) -> None:
    """What is not known is not judged."""
    order = order_of(make_job(replace(VARIANT, model=model, parameters=parameters, first_frame=None)))

    assert (order.aspect, order.fps) == (aspect, fps)


@pytest.mark.parametrize(
    ("model", "parameters", "sound"),
    [
        ("MiniMax-Hailuo-02", {}, False),
        ("MiniMax-H3", {}, True),
        ("kling-v3-omni-video", {"audio": "true"}, True),
        ("kling-v3-omni-video", {"audio": "false"}, False),
        ("viduq3-turbo", {}, None),
    ],
)
def test_sound_is_expected_as_the_family_makes_it(
    model: str, parameters: dict[str, str], sound: bool | None
) -> None:
    """A model whose name begins like another's is not of its family."""
    order = order_of(make_job(replace(VARIANT, model=model, parameters=parameters)))

    assert order.has_audio is sound


def test_what_the_job_recorded_goes_before_the_catalog_of_today() -> None:
    """A clip is compared with what was ordered, also for a model of the user's own."""
    asked = Asked(
        family="zeppelin",
        trust=Trust.VERIFIED,
        shape="9:16",
        shape_by=ShapeBy.SETTING,
        audio=True,
        fps=30,
        width=720,
        height=1280,
    )
    order = order_of(replace(make_job(replace(VARIANT, model="zeppelin-1", size="HD")), asked=asked))

    assert order == Order(duration_s=6, size="HD", short_side=720, aspect=9 / 16, fps=30, has_audio=True)


@pytest.mark.parametrize(
    ("size", "side", "is_disputed"),
    [
        ("2k", None, False),
        ("std", None, False),
        ("2k", 1440, True),
        ("768p", None, False),
        ("1080P", None, True),
    ],
)
def test_the_size_of_a_tier_without_a_number_is_not_guessed(
    size: str, side: int | None, is_disputed: bool
) -> None:
    """`2k` is not two lines."""
    found = verdict(GOOD, replace(ORDER, size=size, short_side=side))

    assert (Code.DISPUTE_SIZE in found.codes) is is_disputed


@pytest.mark.parametrize(
    ("order", "found", "words"),
    [
        (replace(ORDER, aspect=9 / 16), GOOD, "9:16 ordered, 16:9 delivered"),
        (replace(ORDER, duration_s=10), GOOD, "10 s ordered, 5.875 s delivered"),
        (replace(ORDER, size="1080p"), GOOD, "1080p ordered, 1366x768 delivered"),
        (replace(ORDER, fps=24.0), replace(GOOD, fps=16.0), "24.0 frames a second ordered, 16.0 delivered"),
        (replace(ORDER, has_audio=True), GOOD, "sound ordered, none delivered"),
    ],
)
def test_a_dispute_says_what_was_ordered_and_what_came(order: Order, found: Inspection, words: str) -> None:
    """Shape, length, size, rate and sound."""
    assert differences(found, order, verdict(found, order).codes) == (words,)


def test_the_worst_code_decides() -> None:
    """All codes are told, in one order."""
    found = replace(GOOD, black_s=0.5, scene_cuts=2, duration_s=4.0)

    assert verdict(found, ORDER, near_duplicate=True) == Ruling(
        Verdict.FAIL, (Code.DISPUTE_DURATION, Code.BLACK, Code.SCENE_CUT, Code.NEAR_DUPLICATE)
    )


def test_what_is_not_as_ordered_is_a_dispute() -> None:
    """By the start of its code, for whoever reads no table; each is a failure."""
    told = [code for code in Code if code.startswith(DISPUTE)]

    assert disputes(verdict(replace(GOOD, duration_s=4.0, scene_cuts=1), ORDER).codes) == (
        Code.DISPUTE_DURATION,
    )
    assert {code.verdict for code in told} == {Verdict.FAIL}


def test_every_threshold_names_its_origin() -> None:
    """And its unit; the file has a version."""
    limits = load_thresholds()
    named = [getattr(limits, field.name) for field in fields(Thresholds) if field.name != "version"]

    assert limits.version == "thresholds/1.1"
    assert all(limit.unit and len(limit.origin) > 20 for limit in named)


def test_a_threshold_without_an_origin_is_refused() -> None:
    """A number from nowhere judges nobody."""
    with pytest.raises(ValueError, match="origin"):
        thresholds_from({"version": "x", "black_warn_s": {"value": 1, "unit": "s"}}, Thresholds)
