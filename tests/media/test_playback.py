"""Clips that a browser or a platform cannot play are flagged by codec, profile, pixel format and tag."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
import pytest
from av.video.stream import VideoStream

from hailuo.media import Code, Inspection, Order
from hailuo.media.container import read_bytes, read_header
from hailuo.media.inspection import ClipFacts, Facts
from hailuo.media.placements import placement_book, verdicts
from hailuo.media.playback import browsers_that_play, odd_variant, playback_table
from hailuo.media.verdict import verdict

CALM_X265 = {"x265-params": "log-level=none", "preset": "ultrafast"}
ORDER = Order(duration_s=6, size="768p")
_EVERY, _SOME, _NOT_EVERY = "every", "some", "not every"


class Coded(NamedTuple):
    """How a clip is made: `tag` None leaves it to the muxer."""

    encoder: str
    options: dict[str, str]
    pix_fmt: str
    tag: str | None
    container: str


ENCODED: dict[str, tuple[Coded, str]] = {
    "h264 Constrained Baseline": (Coded("libx264", {"profile": "baseline"}, "yuv420p", None, "mp4"), _EVERY),
    "h264 Main": (Coded("libx264", {"profile": "main"}, "yuv420p", None, "mp4"), _EVERY),
    "h264 High": (Coded("libx264", {"profile": "high"}, "yuv420p", None, "mp4"), _EVERY),
    "h264 full range": (Coded("libx264", {}, "yuvj420p", None, "mp4"), _EVERY),
    "h264 in QuickTime": (Coded("libx264", {}, "yuv420p", None, "mov"), _EVERY),
    "h264 High 10": (Coded("libx264", {}, "yuv420p10le", None, "mp4"), _NOT_EVERY),
    "h264 High 4:2:2": (Coded("libx264", {}, "yuv422p", None, "mp4"), _NOT_EVERY),
    "h264 High 4:4:4": (Coded("libx264", {}, "yuv444p", None, "mp4"), _NOT_EVERY),
    "h264 lossless": (Coded("libx264", {"qp": "0"}, "yuv420p", None, "mp4"), _NOT_EVERY),
    "h264 avc3": (Coded("libx264", {}, "yuv420p", "avc3", "mp4"), _NOT_EVERY),
    "h264 in AVI, by its codec alone": (Coded("libx264", {}, "yuv420p", None, "avi"), _EVERY),
    "hevc hvc1": (Coded("libx265", CALM_X265, "yuv420p", "hvc1", "mp4"), _SOME),
    "hevc hvc1, 10 bits": (Coded("libx265", CALM_X265, "yuv420p10le", "hvc1", "mp4"), _SOME),
    "hevc hev1": (Coded("libx265", CALM_X265, "yuv420p", "hev1", "mp4"), _NOT_EVERY),
    "hevc by default": (Coded("libx265", CALM_X265, "yuv420p", None, "mp4"), _NOT_EVERY),
    "hevc 4:4:4": (Coded("libx265", CALM_X265, "yuv444p", "hvc1", "mp4"), _NOT_EVERY),
    "vp8": (Coded("libvpx", {}, "yuv420p", None, "webm"), _SOME),
    "vp9": (Coded("libvpx-vp9", {}, "yuv420p", None, "webm"), _EVERY),
    "vp9 in mp4": (Coded("libvpx-vp9", {}, "yuv420p", None, "mp4"), _EVERY),
    "vp9 Profile 1": (Coded("libvpx-vp9", {}, "yuv444p", None, "mp4"), _NOT_EVERY),
    "av1": (Coded("libsvtav1", {"preset": "12"}, "yuv420p", None, "mp4"), _SOME),
    "mpeg4": (Coded("mpeg4", {}, "yuv420p", None, "mp4"), _NOT_EVERY),
    "mjpeg": (Coded("mjpeg", {}, "yuvj420p", None, "mov"), _NOT_EVERY),
    "prores": (Coded("prores_ks", {}, "yuv422p10le", None, "mov"), _NOT_EVERY),
}


@pytest.mark.parametrize(("coded", "plays"), ENCODED.values(), ids=ENCODED)
def test_a_stream_is_known_by_what_is_in_the_file(coded: Coded, plays: str, tmp_path: Path) -> None:
    """Of files as encoders write them. Browsers by the verdict, platforms by one that recommends H.264."""
    if coded.encoder not in av.codecs_available:
        pytest.skip(f"no {coded.encoder} here")
    clip = _encoded(tmp_path, coded)

    codes = {Code.BROWSER_SOME, Code.BROWSER_UNSUPPORTED} & {*verdict(clip, ORDER).codes}
    odd = {"codec_variant", "codec_not_recommended"} & {*_reasons(clip, "youtube_shorts")}

    assert browsers_that_play(clip) == plays
    assert codes == {_EVERY: set(), _SOME: {Code.BROWSER_SOME}, _NOT_EVERY: {Code.BROWSER_UNSUPPORTED}}[plays]
    assert bool(odd) == (clip.video_codec != "h264" or plays != _EVERY)


H264 = Facts(
    container="mp4",
    video_codec="h264",
    profile="High",
    video_tag="avc1",
    pix_fmt="yuv420p",
    audio_codec="aac",
)

KNOWN: dict[str, tuple[Facts, str]] = {
    "as copies are": (H264, _EVERY),
    "Extended": (replace(H264, profile="Extended"), _NOT_EVERY),
    "AV1 Professional": (
        replace(H264, video_codec="av1", profile="Professional", video_tag="av01"),
        _NOT_EVERY,
    ),
    "Dolby Vision": (replace(H264, video_codec="hevc", profile="Main 10", video_tag="dvhe"), _NOT_EVERY),
    "VP9 of 10 bits": (replace(H264, video_codec="vp9", profile="Profile 2", video_tag="vp09"), _NOT_EVERY),
    "H.266": (replace(H264, video_codec="vvc"), _NOT_EVERY),
    "AC-3": (replace(H264, audio_codec="ac3"), _NOT_EVERY),
    "ALAC": (replace(H264, audio_codec="alac"), _NOT_EVERY),
    "MP3": (replace(H264, audio_codec="mp3"), _EVERY),
    "no sound": (replace(H264, audio_codec=None), _EVERY),
    "no tag known": (replace(H264, video_tag=None), _EVERY),
    "no profile known": (replace(H264, profile=None, pix_fmt=None), _EVERY),
    "no codec known": (replace(H264, video_codec=None), _EVERY),
    "nothing known": (Facts(), _EVERY),
    "HEVC and no more known": (Facts(video_codec="hevc"), _SOME),
}


@pytest.mark.parametrize(("clip", "plays"), KNOWN.values(), ids=KNOWN)
def test_a_stream_is_known_by_its_facts(clip: Facts, plays: str) -> None:
    """What no encoder here makes; and what is not known is nothing against a clip."""
    assert browsers_that_play(clip) == plays


@pytest.mark.parametrize("name", placement_book().placements)
def test_what_is_not_known_of_a_stream_is_no_finding(name: str) -> None:
    """An inspection of an older version has no tags; a plan knows no codec."""
    found = {*_reasons(Facts(), name), *_reasons(Facts(container="mp4", video_codec="h264"), name)}

    assert not [reason for reason in found if "codec" in reason]


@pytest.mark.parametrize("name", placement_book().placements)
def test_copies_play_everywhere(name: str) -> None:
    """H.264 High, yuv420p, avc1 and AAC: `hailuo conform` makes nothing else."""
    assert not [reason for reason in _reasons(H264, name) if "codec" in reason]


def test_every_row_of_the_table_plays_and_names_its_origin() -> None:
    """A row that contradicts itself would flag whatever it lists."""
    table = playback_table()
    rows = [
        Facts(container="mp4", video_codec=codec, profile=profile, pix_fmt=pix_fmt, video_tag=tag)
        for codec, plays in table.video.items()
        for profile in plays.profiles or (None,)
        for pix_fmt in plays.pix_fmts or (None,)
        for tag in plays.tags or (None,)
    ]

    assert [row for row in rows if odd_variant(row)] == []
    assert all(
        len(origin) > 20 for origin in (table.audio.origin, *(row.origin for row in table.video.values()))
    )


def _reasons(clip: ClipFacts, placement: str) -> tuple[str, ...]:
    return verdicts(clip, [placement])[placement].reasons


@contextmanager
def _usual_priority() -> Iterator[None]:
    """For root, SVT-AV1 gives its caller real-time priority, before all else on the machine, and never takes it back."""
    if not hasattr(os, "sched_getscheduler"):
        yield
        return
    policy, priority = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        os.sched_setscheduler(0, policy, priority)


@pytest.mark.skipif(not hasattr(os, "sched_getscheduler"), reason="Linux alone says its priorities")
def test_the_priority_of_the_tests_stays_the_usual_one(tmp_path: Path) -> None:
    """Otherwise every test after an AV1 clip, and each server that it starts, would starve the rest of the machine."""
    before = os.sched_getscheduler(0)

    _encoded(tmp_path, ENCODED["av1"][0])

    assert os.sched_getscheduler(0) == before


def _encoded(folder: Path, coded: Coded) -> Inspection:
    """The facts of four frames that this encoder made."""
    path = folder / f"clip.{coded.container}"
    with _usual_priority(), av.open(str(path), "w") as container:
        stream = container.add_stream(coded.encoder, rate=10, options=coded.options)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 64, coded.pix_fmt
        if coded.tag:
            stream.codec_context.codec_tag = coded.tag
        for number in range(4):
            picture = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 40 * number, np.uint8), format="rgb24")
            frame = picture.reformat(format=coded.pix_fmt)
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return read_header(path, read_bytes(path)).known
