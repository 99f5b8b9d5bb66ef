"""Making a copy of a clip by a recipe: scaled, padded, cropped or on its own blur, with sound, ready to upload.

The clip is only read. Whatever the vendor wrote into its metadata (such as an AIGC label) goes into the copy as well.
"""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Final

import av
from av.container import InputContainer, OutputContainer
from av.filter import Graph
from av.filter.context import FilterContext
from av.video.frame import PictureType
from av.video.stream import VideoStream

from hailuo.media.inspection import Facts
from hailuo.media.recipe import OWN, SILENT, ConformError, Recipe
from hailuo.media.sound import (
    SAMPLES_PER_SECOND,
    Sound,
    add_sound,
    chained,
    level,
    loudness_of,
    pulled,
    read_sound,
    silence,
)

_QUALITY: Final = {"crf": "18", "preset": "veryfast"}
_NTSC: Final = Fraction(1000, 1001)  # "fewer than 30" is 29.97
_AAC_FRAME: Final = 1024
_BLUR_SHARE: Final = 8  # blurred at an eighth of the size: it looks the same, and costs a 64th
_MOVFLAGS: Final = "+faststart+use_metadata_tags"
_WRITTEN_ANEW: Final = frozenset({"encoder", "major_brand", "minor_version", "compatible_brands"})


def measure(path: Path) -> Facts:
    """The facts of a video file. Raises: ConformError for a file without a readable picture track."""
    try:
        with av.open(path) as container:
            video = container.streams.video[0]
            names = container.format.name.split(",")
            ticks, base, rate = video.duration, video.time_base, video.average_rate
            seconds = float(ticks * base) if ticks and base else (container.duration or 0) / av.time_base
            size, has_audio = path.stat().st_size, bool(container.streams.audio)
            return Facts(
                width=video.width,
                height=video.height,
                fps=float(rate) if rate else None,
                duration_s=seconds or None,
                has_audio=has_audio,
                loudness_lufs=loudness_of(read_sound(path)) if has_audio else None,
                container="mp4" if "mp4" in names else names[0],
                video_codec=video.codec_context.name,
                bitrate_bps=round(8 * size / seconds) if seconds else None,
                bytes=size,
            )
    except (av.FFmpegError, IndexError) as error:
        raise ConformError(f"{path.name} is no video that can be read: {error}") from error


def make_copy(source: Path, target: Path, recipe: Recipe, *, audio: Path | None = None) -> None:
    """Write the copy; `audio` is the file that `recipe.audio` names by its hash.

    Raises: ConformError when clip or audio cannot be decoded.
    """
    try:
        _encode(source, target, recipe, audio, _QUALITY)
        if recipe.least_bps and (measure(target).bitrate_bps or 0) < recipe.least_bps:
            kbps = -(-recipe.least_bps // 1000)
            # A constant bit rate, filled up with nothing: for a clip so still that it would fall below a limit.
            constant = f"nal-hrd=cbr:bitrate={kbps}:vbv-maxrate={kbps}:vbv-bufsize={kbps}"
            _encode(source, target, recipe, audio, {"preset": "veryfast", "x264-params": constant})
    except (av.FFmpegError, IndexError) as error:
        raise ConformError(f"no copy could be made of {source.name}: {error}") from error


def _encode(
    source: Path, target: Path, recipe: Recipe, audio: Path | None, quality: Mapping[str, str]
) -> None:
    with av.open(source) as clip:
        video = clip.streams.video[0]
        rate = Fraction(recipe.fps_below) * _NTSC if recipe.fps_below else Fraction(video.average_rate or 24)
        most = int(Fraction(recipe.longest_s) * rate) if recipe.longest_s else None
        options = {"movflags": _MOVFLAGS}
        with av.open(target, "w", format="mp4", container_options=options) as copy:
            copy.metadata.update({k: v for k, v in clip.metadata.items() if k not in _WRITTEN_ANEW})
            picture = copy.add_stream("libx264", rate=rate, options=dict(quality))
            picture.width, picture.height, picture.pix_fmt = recipe.width, recipe.height, "yuv420p"
            sound = copy.add_stream("aac", rate=SAMPLES_PER_SECOND, layout="stereo")
            sound.bit_rate = 192_000
            frames = _write_pictures(clip, copy, picture, _graph(video, recipe, rate), most)
            # Whole AAC frames, one less than the pictures last: the sound must not make the file longer.
            samples = max(1, int(frames / rate * SAMPLES_PER_SECOND) // _AAC_FRAME - 1) * _AAC_FRAME
            add_sound(copy, sound, _sound(source, recipe, audio, samples=samples))


def _write_pictures(
    clip: InputContainer, copy: OutputContainer, picture: VideoStream, graph: Graph, most: int | None
) -> int:
    """Encode the pictures, `most` at most; returns how many there are. Raises: ConformError without any."""
    frames = 0
    for frame in islice(_pictures(clip, graph), most):
        frame.pict_type = PictureType.NONE  # the encoder decides anew
        copy.mux(picture.encode(frame))
        frames += 1
    copy.mux(picture.encode(None))
    if not frames:
        raise ConformError(f"{clip.name} has no picture")
    return frames


def _pictures(clip: InputContainer, graph: Graph) -> Iterator[av.VideoFrame]:
    for frame in clip.decode(video=0):
        graph.vpush(frame)
        yield from pulled(graph.vpull)
    graph.vpush(None)
    yield from pulled(graph.vpull)


def _graph(video: VideoStream, recipe: Recipe, rate: Fraction) -> Graph:
    graph = Graph()
    source = graph.add_buffer(template=video)
    steady = chained(graph, source, ("setpts", "PTS-STARTPTS"), ("fps", f"fps={rate}"))
    fitted = _FITS[recipe.fit](graph, steady, recipe.width, recipe.height)
    chained(graph, fitted, ("setsar", "1"), ("format", "yuv420p"), ("buffersink", ""))
    graph.configure()
    return graph


def _scaled(width: int, height: int, how: str) -> tuple[str, str]:
    ratio = f"force_original_aspect_ratio={how}:force_divisible_by=2"
    return "scale", f"{width}:{height}:flags=lanczos:{ratio}"


def _padded(graph: Graph, source: FilterContext, width: int, height: int) -> FilterContext:
    """All of the picture, with black bars."""
    bars = ("pad", f"{width}:{height}:(ow-iw)/2:(oh-ih)/2")
    return chained(graph, source, _scaled(width, height, "decrease"), bars)


def _cropped(graph: Graph, source: FilterContext, width: int, height: int) -> FilterContext:
    """The middle of the picture, filling the copy."""
    return chained(graph, source, _scaled(width, height, "increase"), ("crop", f"{width}:{height}"))


def _blurred(graph: Graph, source: FilterContext, width: int, height: int) -> FilterContext:
    """All of the picture, before a blurred enlargement of itself."""
    split = chained(graph, source, ("split", "2"))
    small = (max(2, width // _BLUR_SHARE // 2 * 2), max(2, height // _BLUR_SHARE // 2 * 2))
    behind, before = graph.add(*_scaled(*small, "increase")), graph.add(*_scaled(width, height, "decrease"))
    split.link_to(behind, 0, 0)
    split.link_to(before, 1, 0)
    crop, blur = ("crop", f"{small[0]}:{small[1]}"), ("gblur", "sigma=5:steps=2")
    backdrop = chained(graph, behind, crop, blur, ("scale", f"{width}:{height}:flags=bicubic"))
    overlay = graph.add("overlay", "(W-w)/2:(H-h)/2")
    backdrop.link_to(overlay, 0, 0)
    before.link_to(overlay, 0, 1)
    return overlay


_FITS: Final = {"pad": _padded, "crop": _cropped, "blur": _blurred}


def _sound(source: Path, recipe: Recipe, audio: Path | None, *, samples: int) -> Sound:
    if recipe.audio == SILENT:
        return silence(samples)
    origin = source if recipe.audio == OWN else audio
    if origin is None:
        raise ConformError("the recipe names an audio file, and none was given")
    return level(
        read_sound(origin), samples=samples, lufs=recipe.loudness_lufs, peak_db=recipe.true_peak_dbtp
    )
