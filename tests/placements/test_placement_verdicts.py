"""Which clips can run where: one passing and one failing clip for every rule and every reason."""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hailuo.campaign.files.schema import Placement
from hailuo.media import Inspection, Verdict
from hailuo.media.conform import measure
from hailuo.media.inspection import ClipFacts, Facts
from hailuo.media.placement_rules import PlacementReason, Rule
from hailuo.media.placements import placement_book, verdicts

GOOD = Facts(
    width=1080,
    height=1920,
    fps=24.0,
    duration_s=5.875,
    has_audio=True,
    loudness_lufs=-14.0,
    container="mp4",
    video_codec="h264",
    bitrate_bps=8_000_000,
    bytes=6_000_000,
)
"""Passes everywhere but where another shape is asked for."""

# placement, what makes a clip pass, what makes it miss, the reason then
ROWS: list[tuple[str, dict[str, object], dict[str, object], PlacementReason]] = [
    ("meta_reels", {}, {"width": 1366, "height": 768}, PlacementReason.ASPECT_NOT_ACCEPTED),
    ("youtube_bumper", {"width": 1366, "height": 768}, {"width": 1366, "height": 600}, PlacementReason.ASPECT_NOT_ACCEPTED),
    ("tiktok_infeed", {}, {"width": 1366, "height": 768}, PlacementReason.ASPECT_NOT_RECOMMENDED),
    ("meta_feed", {"width": 1080, "height": 1350}, {"width": 1366, "height": 768}, PlacementReason.ASPECT_NOT_RECOMMENDED),
    ("pinterest_video", {"width": 1000, "height": 1500}, {"width": 1366, "height": 768}, PlacementReason.ASPECT_NOT_RECOMMENDED),
    ("meta_reels", {}, {"width": None}, PlacementReason.ASPECT_UNKNOWN),
    ("tiktok_infeed", {"width": 540, "height": 960}, {"width": 512, "height": 910}, PlacementReason.TOO_FEW_PIXELS),
    ("tiktok_infeed", {}, {"width": 512, "height": 512}, PlacementReason.TOO_FEW_PIXELS),
    ("linkedin_video", {"width": 360, "height": 640}, {"width": 320, "height": 568}, PlacementReason.TOO_FEW_PIXELS),
    ("linkedin_video", {}, {"width": 1152, "height": 2048}, PlacementReason.TOO_MANY_PIXELS),
    ("meta_reels", {}, {"width": 768, "height": 1366}, PlacementReason.FEWER_PIXELS_THAN_RECOMMENDED),
    ("tiktok_infeed", {}, {"height": None}, PlacementReason.SIZE_UNKNOWN),
    ("tiktok_infeed", {"duration_s": 5.0}, {"duration_s": 4.9}, PlacementReason.TOO_SHORT),
    ("pinterest_video", {}, {"duration_s": 3.0}, PlacementReason.TOO_SHORT),
    ("youtube_bumper", {"duration_s": 6.0}, {"duration_s": 6.04}, PlacementReason.LONGER_THAN_USUAL),
    ("youtube_bumper", {"duration_s": 5.875}, {"duration_s": 6.51}, PlacementReason.TOO_LONG),
    ("youtube_non_skippable", {"duration_s": 15.0}, {"duration_s": 20.0}, PlacementReason.LONGER_THAN_USUAL),
    ("youtube_non_skippable", {"duration_s": 10.0}, {"duration_s": 31.0}, PlacementReason.TOO_LONG),
    ("youtube_bumper", {}, {"duration_s": None}, PlacementReason.DURATION_UNKNOWN),
    ("tiktok_infeed", {}, {"has_audio": False}, PlacementReason.NO_AUDIO),
    ("snap_single_video", {}, {"has_audio": False}, PlacementReason.NO_AUDIO_ADVISED_AGAINST),
    ("tiktok_infeed", {}, {"loudness_lufs": None}, PlacementReason.SILENT_AUDIO),
    ("tiktok_infeed", {"loudness_lufs": -40.0}, {"loudness_lufs": -65.0}, PlacementReason.SILENT_AUDIO),
    ("tiktok_infeed", {}, {"has_audio": None}, PlacementReason.AUDIO_UNKNOWN),
    ("linkedin_video", {"fps": 29.97}, {"fps": 30.0}, PlacementReason.FPS_TOO_HIGH),
    ("linkedin_video", {}, {"fps": None}, PlacementReason.FPS_UNKNOWN),
    ("linkedin_video", {}, {"container": "mov"}, PlacementReason.CONTAINER_NOT_ACCEPTED),
    ("linkedin_video", {"container": "mov,mp4,m4a"}, {"container": "matroska,webm"}, PlacementReason.CONTAINER_NOT_ACCEPTED),
    ("snap_single_video", {}, {"video_codec": "hevc"}, PlacementReason.CODEC_NOT_ACCEPTED),
    ("youtube_shorts", {}, {"video_codec": "vp9"}, PlacementReason.CODEC_NOT_RECOMMENDED),
    ("linkedin_video", {}, {"profile": "High 4:4:4 Predictive"}, PlacementReason.CODEC_VARIANT),
    ("meta_reels", {}, {"pix_fmt": "yuv420p10le"}, PlacementReason.CODEC_VARIANT),
    ("tiktok_infeed", {"video_codec": "hevc", "video_tag": "hvc1"}, {"video_codec": "hevc", "video_tag": "hev1"}, PlacementReason.CODEC_VARIANT),
    ("linkedin_video", {"audio_codec": "aac"}, {"audio_codec": "opus"}, PlacementReason.AUDIO_CODEC_NOT_ACCEPTED),
    ("snap_single_video", {"audio_codec": "pcm_s16le"}, {"audio_codec": "mp3"}, PlacementReason.AUDIO_CODEC_NOT_ACCEPTED),
    ("youtube_bumper", {"width": 1366, "height": 768, "audio_codec": "aac"}, {"audio_codec": "mp3"}, PlacementReason.AUDIO_CODEC_NOT_RECOMMENDED),
    ("snap_single_video", {}, {"video_codec": None}, PlacementReason.FORMAT_UNKNOWN),
    ("linkedin_video", {"bytes": 75_000}, {"bytes": 74_999}, PlacementReason.FILE_TOO_SMALL),
    ("tiktok_infeed", {"bytes": 500_000_000}, {"bytes": 500_000_001}, PlacementReason.FILE_TOO_LARGE),
    ("tiktok_infeed", {}, {"bytes": None}, PlacementReason.BYTES_UNKNOWN),
    ("tiktok_infeed", {"bitrate_bps": 516_000}, {"bitrate_bps": 515_999}, PlacementReason.BITRATE_TOO_LOW),
    ("tiktok_infeed", {}, {"bitrate_bps": None}, PlacementReason.BITRATE_UNKNOWN),
]  # fmt: skip


def _changed(changes: dict[str, object]) -> Facts:
    return replace(GOOD, **changes)  # type: ignore[arg-type]  # the table's rows are of many types


@pytest.mark.parametrize(("placement", "good", "bad", "reason"), ROWS)
def test_a_rule_tells_a_clip_that_fits_from_one_that_does_not(
    placement: str, good: dict[str, object], bad: dict[str, object], reason: PlacementReason
) -> None:
    """Every rule passes a clip that keeps it, and names its reason for one that does not."""
    fits = verdicts(_changed(good), [placement])[placement]
    misses = verdicts(_changed(bad), [placement])[placement]

    assert (fits.verdict, fits.reasons) == (Verdict.PASS, ())
    assert reason in misses.reasons
    assert misses.verdict is not Verdict.PASS


BREAKING: Mapping[str, Callable[[Any], dict[str, object]]] = {
    "aspect": lambda _: {"width": 2000, "height": 400},
    "size": lambda rule: {"width": 54, "height": 96} if rule.least or rule.recommended else {"width": 9, "height": 16},
    "duration": lambda rule: {"duration_s": rule.most_s * 10 if rule.most_s < math.inf else rule.least_s / 2},
    "audio": lambda _: {"has_audio": False},
    "fps": lambda rule: {"fps": rule.below},
    "format": lambda _: {"container": "matroska"},
    "codec": lambda _: {"video_codec": "mpeg4"},
    "bytes": lambda rule: {"bytes": rule.most + 1},
    "bitrate": lambda rule: {"bitrate_bps": rule.least_bps - 1},
}  # fmt: skip
"""By kind of rule: what makes a clip miss this very rule."""
BOOK = placement_book()
EVERY_RULE = [
    pytest.param(name, rule, id=f"{name} {rule.kind}")
    for name, placement in BOOK.placements.items()
    for rule in placement.rules
]


@pytest.mark.parametrize(("name", "rule"), EVERY_RULE)
def test_every_rule_of_every_placement_has_a_clip_that_keeps_it_and_one_that_does_not(
    name: str, rule: Rule
) -> None:
    """No line of the specs is without effect, in any placement."""
    width, height = BOOK.copies[BOOK.placements[name].aspect]
    keeps = _changed({"width": width, "height": height})

    assert list(rule.judge(keeps)) == []
    assert list(rule.judge(replace(keeps, **BREAKING[rule.kind](rule)))) != []  # type: ignore[arg-type]


def test_every_reason_has_a_clip() -> None:
    """No reason is there that no clip can have, and none without a verdict and words."""
    assert {row[3] for row in ROWS} == set(PlacementReason)


def test_every_reason_and_placement_is_documented() -> None:
    """Codes and names mean in docs/reference/placements.md what they mean here."""
    text = Path("docs/reference/placements.md").read_text()
    rows = [f"| `{reason}` | {reason.verdict} | {reason.words}" for reason in PlacementReason]
    places = [f"| `{name}` | {place.aspect} |" for name, place in placement_book().placements.items()]

    assert [row for row in rows + places if row not in text] == []


def test_every_kind_of_rule_is_used() -> None:
    """A rule that no placement has is no rule."""
    used = {type(rule) for placement in placement_book().placements.values() for rule in placement.rules}

    assert used == set(get_args(Rule))


def test_a_campaign_file_may_name_exactly_the_placements_that_have_a_spec() -> None:
    """The loader's names and the specs are one list."""
    assert set(placement_book().placements) == set(get_args(Placement))


def test_every_fact_names_a_source_with_a_page_and_a_date() -> None:
    """A spec is only as good as where and when it was read; and no source is listed that nothing rests on."""
    book = placement_book()
    rules = {rule.source for placement in book.placements.values() for rule in placement.rules}
    zones = {zone.source for placement in book.placements.values() for zone in placement.safe.values()}
    named = rules | zones | {book.safe.source}

    assert named == set(book.sources)
    assert all(source.url and source.checked >= date(2026, 11, 1) for source in book.sources.values())


def test_every_shape_of_a_placement_has_a_size_for_copies() -> None:
    """Whatever shape is best somewhere can be made."""
    shapes = {placement.aspect for placement in placement_book().placements.values()}

    assert shapes <= set(placement_book().copies)


def test_what_is_known_to_be_wrong_outweighs_what_is_not_known() -> None:
    """A clip that fails is not excused by a fact that is missing."""
    found = verdicts(replace(GOOD, has_audio=False, bitrate_bps=None), ["tiktok_infeed"])["tiktok_infeed"]

    assert found.as_json() == {"verdict": "fail", "reasons": ["no_audio", "bitrate_unknown"]}


def test_an_inspection_is_judged_as_it_is() -> None:
    """What the checks measured needs no translation."""
    seen = Inspection(
        sha256="ab" * 32, bytes=2_600_000, container="mp4", video_codec="h264", width=1366, height=768,
        fps=24.0, duration_s=5.875, bitrate_bps=3_500_000, has_audio=False,
    )  # fmt: skip
    clip: ClipFacts = seen

    found = verdicts(clip, ["youtube_bumper", "tiktok_infeed", "meta_reels"])

    assert {name: ruling.verdict.value for name, ruling in found.items()} == {
        "youtube_bumper": "pass",
        "tiktok_infeed": "fail",
        "meta_reels": "fail",
    }


@given(
    width=st.none() | st.integers(2, 8000),
    height=st.none() | st.integers(2, 8000),
    duration_s=st.none() | st.floats(0, 100),
    has_audio=st.none() | st.booleans(),
)
def test_every_clip_has_a_verdict_everywhere(
    width: int | None, height: int | None, duration_s: float | None, has_audio: bool | None
) -> None:
    """Whatever is known of a clip, each placement says something, and pass only without a reason."""
    found = verdicts(Facts(width=width, height=height, duration_s=duration_s, has_audio=has_audio))

    assert set(found) == set(get_args(Placement))
    assert all((ruling.verdict is Verdict.PASS) == (not ruling.findings) for ruling in found.values())


@pytest.mark.slow
def test_real_clips_are_measured_as_the_rules_need_them(film, silent_clip: Path) -> None:
    """From a file: a clip as the vendor delivers it, one with sound and of 9:16, one too long, one too fast."""
    upright = film(size=(540, 960), tone=0.2)
    long = film(fps=25, frames=151)  # 6.04 s
    fast = film(size=(640, 360), fps=30, frames=120)

    assert verdicts(measure(silent_clip), ["youtube_bumper"])["youtube_bumper"].reasons == ()
    assert verdicts(measure(silent_clip), ["tiktok_infeed"])["tiktok_infeed"].verdict is Verdict.FAIL
    assert verdicts(measure(upright), ["meta_reels"])["meta_reels"].reasons == (
        "fewer_pixels_than_recommended",
    )
    assert verdicts(measure(long), ["youtube_bumper"])["youtube_bumper"].reasons == ("longer_than_usual",)
    assert "fps_too_high" in verdicts(measure(fast), ["linkedin_video"])["linkedin_video"].reasons
