"""Making a copy of a clip by a recipe: scaled, padded, cropped or on its own blur, with sound, ready to upload.

The clip is only read. Whatever the vendor wrote into its metadata (such as an AIGC label) goes into the copy as well.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final

import av
from av.container import InputContainer, OutputContainer
from av.filter import Graph
from av.filter.context import FilterContext
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream

from hailuo.campaign.finish import AddedSound
from hailuo.media.composition import Composition
from hailuo.media.container import Header, opened, read_header
from hailuo.media.inspection import Facts, Inspection
from hailuo.media.overlays import finished
from hailuo.media.recipe import OWN, SILENT, ConformError, Recipe, conform_errors
from hailuo.media.showing import Colours, FrameSource, Showing, chained, copied_colours, read_colours
from hailuo.media.sound import (
    SAMPLES_PER_SECOND,
    Sound,
    add_sound,
    begun,
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
_LONGER: Final = (
    3  # a copy has at most so many times the frames of its clip: damaged times would fill the disk
)
_MOVFLAGS: Final = "+faststart+use_metadata_tags"
_WRITTEN_ANEW: Final = frozenset({"encoder", "major_brand", "minor_version", "compatible_brands"})


def measure(path: Path) -> Facts:
    """The facts of a video file. Raises: ConformError for a file without a readable picture track."""
    with conform_errors(f"{path.name} is no video that can be read"):
        known = read_header(path, Inspection(sha256=None, bytes=path.stat().st_size)).known
    facts = Facts(**{field.name: getattr(known, field.name) for field in fields(Facts)})
    return replace(facts, loudness_lufs=loudness_of(read_sound(path)) if facts.has_audio else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finishing:
    """A finish, made out for one copy: what is drawn, and its sound."""

    drawn: Composition
    sound: AddedSound | None = None


def make_copy(
    source: Path, target: Path, recipe: Recipe, *, audio: Path | None = None, finish: Finishing | None = None
) -> None:
    """Write the copy; `audio` is the file that `recipe.audio` names by its hash.

    Raises: ConformError when clip or sound cannot be decoded, and for colours that a finish cannot be drawn in.
    """
    with conform_errors(f"no copy could be made of {source.name}"):
        _encode(source, target, recipe, audio, finish, _QUALITY)
        if recipe.least_bps and (measure(target).bitrate_bps or 0) < recipe.least_bps:
            kbps = -(-recipe.least_bps // 1000)
            # A constant bit rate, filled up with nothing: for a clip so still that it would fall below a limit.
            constant = f"nal-hrd=cbr:bitrate={kbps}:vbv-maxrate={kbps}:vbv-bufsize={kbps}"
            _encode(source, target, recipe, audio, finish, {"preset": "veryfast", "x264-params": constant})


def _encode(
    source: Path,
    target: Path,
    recipe: Recipe,
    audio: Path | None,
    finish: Finishing | None,
    quality: Mapping[str, str],
) -> None:
    header = read_header(source, Inspection(sha256=None, bytes=source.stat().st_size))
    with opened(source) as clip:
        video = clip.streams.video[0]
        rate = Fraction(recipe.fps_below) * _NTSC if recipe.fps_below else Fraction(video.average_rate or 24)
        most = int(Fraction(recipe.longest_s) * rate) if recipe.longest_s else None
        options = {"movflags": _MOVFLAGS}
        with av.open(target, "w", format="mp4", container_options=options) as copy:
            copy.metadata.update({k: v for k, v in clip.metadata.items() if k not in _WRITTEN_ANEW})
            picture = copy.add_stream("libx264", rate=rate, options=dict(quality))
            picture.width, picture.height, picture.pix_fmt = recipe.width, recipe.height, "yuv420p"
            colours = copied_colours(header.showing, recipe.width, recipe.height)
            _tag(picture, colours)
            sound = copy.add_stream("aac", rate=SAMPLES_PER_SECOND, layout="stereo")
            sound.bit_rate = 192_000
            pictures: Iterable[VideoFrame] = islice(_pictures(clip, header, recipe, rate), most)
            most_frames = _LONGER * header.packets
            if finish:
                read = read_colours(colours, recipe.width, recipe.height)
                card_frames = round(finish.drawn.added_s * rate)
                pictures = finished(pictures, finish.drawn, read, card_frames=card_frames)
                most_frames += card_frames
            frames = _write_pictures(copy, picture, pictures, at_most=most_frames)
            # Whole AAC frames, one less than the pictures last: the sound must not make the file longer.
            samples = max(1, int(frames / rate * SAMPLES_PER_SECOND) // _AAC_FRAME - 1) * _AAC_FRAME
            add_sound(copy, sound, _sound(source, recipe, audio, finish, samples=samples))


def _tag(picture: VideoStream, colours: Colours) -> None:
    """Say in the copy what its colours mean; the encoder writes it into stream and container."""
    context = picture.codec_context
    context.colorspace, context.color_range = colours.matrix, colours.range
    context.color_primaries, context.color_trc = colours.primaries, colours.transfer


def _write_pictures(
    copy: OutputContainer, picture: VideoStream, pictures: Iterable[VideoFrame], *, at_most: int
) -> int:
    """Encode the pictures; returns how many there are. Raises: ConformError without any, and for more than `at_most`."""
    frames = 0
    for frame in pictures:
        frames += 1
        if frames > at_most:
            raise ConformError("the times of its frames make no sense")
        frame.pict_type = PictureType.NONE  # the encoder decides anew
        copy.mux(picture.encode(frame))
    copy.mux(picture.encode(None))
    if not frames:
        raise ConformError("it has no picture that can be decoded")
    return frames


def _pictures(clip: InputContainer, header: Header, recipe: Recipe, rate: Fraction) -> Iterator[VideoFrame]:
    graph, source = Graph(), None
    for frame in clip.decode(video=0):
        if source is None:
            source = FrameSource(graph, frame, time_base=clip.streams.video[0].time_base or Fraction(1, 1000))
            _connect(graph, source.context, header.showing, recipe, rate)
        source.push(frame)
        yield from pulled(graph.vpull)
    if source is not None:
        source.push(None)
        yield from pulled(graph.vpull)


def _connect(graph: Graph, source: FilterContext, showing: Showing, recipe: Recipe, rate: Fraction) -> None:
    """From the clip's frames to those of the copy: turned upright first, stretched as shown, then fitted."""
    colours = copied_colours(showing, recipe.width, recipe.height)
    steady = chained(graph, source, ("setpts", "PTS-STARTPTS"), ("fps", f"fps={rate}"), *showing.filters)
    fitted = _FITS[recipe.fit](graph, steady, showing, recipe)
    chained(graph, fitted, ("setsar", "1"), ("format", colours.kept_in("yuv420p")), ("buffersink", ""))
    graph.configure()


def _scaled(showing: Showing, size: tuple[int, int], how: Callable[[float, float], float]) -> tuple[str, str]:
    """To the shape as shown, at the smallest size that fills `size` (`max`), or at the largest within it (`min`)."""
    scale = how(size[0] / showing.width, size[1] / showing.height)
    width, height = (max(2, 2 * round(side * scale / 2)) for side in (showing.width, showing.height))
    return "scale", f"{width}:{height}:flags=lanczos"


def _padded(graph: Graph, source: FilterContext, showing: Showing, recipe: Recipe) -> FilterContext:
    """All of the picture, with black bars."""
    size = (recipe.width, recipe.height)
    bars = ("pad", f"{size[0]}:{size[1]}:(ow-iw)/2:(oh-ih)/2")
    return chained(graph, source, _scaled(showing, size, min), bars)


def _cropped(graph: Graph, source: FilterContext, showing: Showing, recipe: Recipe) -> FilterContext:
    """The middle of the picture, filling the copy."""
    size = (recipe.width, recipe.height)
    return chained(graph, source, _scaled(showing, size, max), ("crop", f"{size[0]}:{size[1]}"))


def _blurred(graph: Graph, source: FilterContext, showing: Showing, recipe: Recipe) -> FilterContext:
    """All of the picture, before a blurred enlargement of itself."""
    size = (recipe.width, recipe.height)
    split = chained(graph, source, ("split", "2"))
    small = (max(2, size[0] // _BLUR_SHARE // 2 * 2), max(2, size[1] // _BLUR_SHARE // 2 * 2))
    behind, before = graph.add(*_scaled(showing, small, max)), graph.add(*_scaled(showing, size, min))
    split.link_to(behind, 0, 0)
    split.link_to(before, 1, 0)
    crop, blur = ("crop", f"{small[0]}:{small[1]}"), ("gblur", "sigma=5:steps=2")
    backdrop = chained(graph, behind, crop, blur, ("scale", f"{size[0]}:{size[1]}:flags=bicubic"))
    overlay = graph.add("overlay", "(W-w)/2:(H-h)/2")
    backdrop.link_to(overlay, 0, 0)
    before.link_to(overlay, 0, 1)
    return overlay


_FITS: Final = {"pad": _padded, "crop": _cropped, "blur": _blurred}


def _sound(
    source: Path, recipe: Recipe, audio: Path | None, finish: Finishing | None, *, samples: int
) -> Sound:
    levelled = partial(level, samples=samples, peak_db=recipe.true_peak_dbtp)
    added = finish.sound if finish else None
    over = begun(read_sound(added.file.path), added.from_s, samples) if added else None
    if over is not None and not (added and added.mix):
        return levelled(over, lufs=recipe.loudness_lufs)
    if recipe.audio == SILENT:
        own = silence(samples)
    else:
        origin = source if recipe.audio == OWN else audio
        if origin is None:
            raise ConformError("the recipe names an audio file, and none was given")
        own = read_sound(origin)
    if over is not None and added:
        quiet = levelled(own, lufs=recipe.loudness_lufs + added.clip_db)
        own = levelled(over, lufs=recipe.loudness_lufs) + quiet
    return levelled(own, lufs=recipe.loudness_lufs)
