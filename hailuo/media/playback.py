"""Which variants of a codec players can play: the table `playback.toml`, and what of a clip is outside it."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Final, Literal

from pydantic import ConfigDict, TypeAdapter, with_config

from hailuo.media.inspection import ClipFacts

_TAGGED: Final = frozenset({"mp4", "mov"})
"""Containers whose tags are sample entries; an AVI's are other words."""


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True, kw_only=True)
class PlayableVideo:
    """What plays of a video codec, and in which browsers: all current ones, or some, on some devices. An empty list allows any."""

    browsers: Literal["every", "some"]
    origin: str
    profiles: tuple[str, ...] = ()
    pix_fmts: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True, kw_only=True)
class PlayableAudio:
    """The audio codecs that every browser plays."""

    codecs: tuple[str, ...]
    origin: str


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybackTable:
    """Everything in `playback.toml`; `video` by the codec's name."""

    version: str
    audio: PlayableAudio
    video: Mapping[str, PlayableVideo] = field(default_factory=dict)


@cache
def playback_table() -> PlaybackTable:
    """The table that ships with this version."""
    text = files("hailuo.media").joinpath("playback.toml").read_text("utf-8")
    return TypeAdapter(PlaybackTable).validate_python(tomllib.loads(text))


def odd_variant(clip: ClipFacts) -> str:
    """The clip's profile, pixel format or tag that its codec's list does not have, and the list; "" if there is none.

    What is not known of the clip is not odd; nor is a codec that the table does not have.
    """
    plays = playback_table().video.get(clip.video_codec or "")
    if plays is None:
        return ""
    is_tagged = bool(_TAGGED & set((clip.container or "").split(",")))
    seen = (
        (clip.profile, plays.profiles),
        (clip.pix_fmt, plays.pix_fmts),
        (clip.video_tag if is_tagged else None, plays.tags),
    )
    odd = (f"{one}; {', '.join(known)}" for one, known in seen if one and known and one not in known)
    return next(odd, "")


def browsers_that_play(clip: ClipFacts) -> Literal["every", "some", "not every"]:
    """`every` current browser plays the clip; or `some` do, on some devices; or at least one plays it on none.

    What is not known of the clip is no reason against it.
    """
    table = playback_table()
    plays = table.video.get(clip.video_codec or "")
    if clip.audio_codec and clip.audio_codec not in table.audio.codecs:
        return "not every"
    if odd_variant(clip) or (clip.video_codec and plays is None):
        return "not every"
    return plays.browsers if plays else "every"
