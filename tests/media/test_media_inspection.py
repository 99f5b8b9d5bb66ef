"""What one look at a clip finds: the faults that were put in, to the frame, and none in a clean clip."""

import io
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from PIL import Image

from hailuo.media import Code, Order, Preview
from hailuo.media.inspection import Inspection, from_json, to_json
from hailuo.media.probe import inspect
from hailuo.media.verdict import verdict
from tests.support.films import Frame, grained, landscape, lit, panned, png, write_film

pytestmark = pytest.mark.slow

FRAMES = 141  # 5.875 s, as the vendor delivers 6
CHANGED, OTHER = Code.FIRST_FRAME_CHANGED, Code.FIRST_FRAME_OTHER
BLACK = np.zeros((240, 426, 3), np.uint8)


@pytest.fixture(scope="session")
def moving() -> list[Frame]:
    """A clean shot, before it is encoded."""
    return panned(landscape(7), FRAMES)


@pytest.fixture(scope="session")
def clean(moving: list[Frame], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The clean shot as a clip."""
    return write_film(tmp_path_factory.mktemp("clean") / "clip.mp4", moving)


@pytest.fixture(scope="session")
def seen(clean: Path) -> Inspection:
    return inspect(clean)


def test_a_clean_clip_shows_none_of_the_faults(seen: Inspection) -> None:
    """No false alarm."""
    faults = (seen.black_s, seen.black_first, seen.frozen_longest_s, seen.scene_cuts, seen.undecoded_frames)

    assert faults == (0, False, 0, 0, 0)
    assert seen.luma_flicker_pct is not None
    assert seen.luma_flicker_pct < 0.07
    assert (seen.unplayable, seen.unchecked, seen.loudness_lufs) == (None, None, None)


def test_the_container_is_told_as_it_is(seen: Inspection, clean: Path) -> None:
    """Every fact of the file, without a second program."""
    assert (seen.container, seen.video_codec, seen.pix_fmt) == ("mp4", "h264", "yuv420p")
    assert (seen.width, seen.height, seen.aspect, seen.fps) == (426, 240, 1.775, 24)
    assert (seen.frames, seen.duration_s, seen.bytes) == (FRAMES, 5.875, clean.stat().st_size)
    assert (seen.faststart, seen.pts_regular, seen.has_audio) == (True, True, False)
    assert (seen.aigc_metadata_present, seen.bitrate_bps) == (False, round(8 * clean.stat().st_size / 5.875))


def test_black_is_found_to_the_frame(moving: list[Frame], tmp_path: Path) -> None:
    """32 black frames are 1.333 s, and it is seen that the clip begins with them."""
    found = inspect(write_film(tmp_path / "clip.mp4", [*[BLACK] * 32, *moving[32:]]))

    assert found.black_s == pytest.approx(32 / 24, abs=1e-3)
    assert found.black_first
    assert found.scene_cuts == 1


def test_a_freeze_is_found_to_the_frame(moving: list[Frame], tmp_path: Path) -> None:
    """50 frames that repeat the one before are 2.083 s."""
    found = inspect(write_film(tmp_path / "clip.mp4", [*moving[:40], *[moving[39]] * 50, *moving[90:]]))

    assert found.frozen_longest_s == pytest.approx(50 / 24, abs=1e-3)


def test_a_flicker_of_six_per_cent_is_measured(moving: list[Frame], tmp_path: Path) -> None:
    """Half the second difference of a brightness that swings by ±6 % is 12 %."""
    swinging = [lit(frame, 1.06 if number % 2 else 0.94) for number, frame in enumerate(moving)]

    found = inspect(write_film(tmp_path / "clip.mp4", swinging))

    assert found.luma_flicker_pct == pytest.approx(12.2, abs=0.6)


def test_a_still_with_grain_is_not_frozen_but_does_not_move(moving: list[Frame], tmp_path: Path) -> None:
    """Where nothing moves but grain, the flow says so and the freeze does not."""
    still = [grained(moving[0], seed) for seed in range(72)]

    found = inspect(write_film(tmp_path / "clip.mp4", still, crf=12))

    assert found.frozen_longest_s == 0
    assert found.motion_flow_mean is not None
    assert found.motion_flow_mean < 0.6


def test_what_moves_faster_measures_more(moving: list[Frame], seen: Inspection, tmp_path: Path) -> None:
    """One pixel of 426 a frame is 5.6 % of the width a second, two are twice that."""
    faster = inspect(write_film(tmp_path / "clip.mp4", panned(landscape(7), 72, step=2)))

    assert seen.motion_flow_mean == pytest.approx(100 * 24 / 426, rel=0.1)
    assert faster.motion_flow_mean == pytest.approx(2 * 100 * 24 / 426, rel=0.1)


def test_every_cut_is_counted(tmp_path: Path) -> None:
    """Three shots, two cuts."""
    dark, bright = [lit(f, 0.4) for f in panned(landscape(1), 40)], panned(landscape(2), 40)

    assert inspect(write_film(tmp_path / "clip.mp4", [*dark, *bright, *dark])).scene_cuts == 2


def test_burnt_out_pictures_are_measured(moving: list[Frame], tmp_path: Path) -> None:
    """As the share of pixels at either end."""
    burnt = [lit(frame, 4.0) for frame in moving[:48]]

    found = inspect(write_film(tmp_path / "clip.mp4", burnt))

    assert found.clipped_pct is not None
    assert found.clipped_pct > 50


@pytest.mark.parametrize(
    ("field", "value", "how"),
    [
        ("faststart", False, {"faststart": False}),
        ("pix_fmt", "yuv444p", {"pix_fmt": "yuv444p"}),
        ("pts_regular", False, {"times": [n + (n > 20) * 5 for n in range(48)]}),
        ("aigc_metadata_present", True, {"metadata": {"AIGC": '{"Label":"1"}'}}),
    ],
    ids=["index at the end", "full chroma", "a gap in time", "labelled as AI"],
)
def test_a_container_out_of_the_ordinary_is_told(
    moving: list[Frame], tmp_path: Path, field: str, value: object, how: dict[str, object]
) -> None:
    """Players and platforms care."""
    path = write_film(tmp_path / "clip.mp4", moving[:48], **how)  # type: ignore[arg-type]

    assert getattr(inspect(path), field) == value


def test_sound_is_measured_as_the_standard_says(moving: list[Frame], tmp_path: Path) -> None:
    """EBU Tech 3341: a 1 kHz tone at -23 dBFS on both of two channels is -23 LUFS; on one channel 3 less."""
    level = 10 ** (-23 / 20)
    path = write_film(tmp_path / "clip.mp4", moving, sound=lambda t: level * np.sin(2000 * np.pi * t))

    found = inspect(path)

    assert (found.has_audio, found.audio_codec) == (True, "aac")
    assert found.loudness_lufs == pytest.approx(-26, abs=0.3)
    assert found.true_peak_dbtp == pytest.approx(-23, abs=1.0)  # AAC rings where the tone begins


def test_a_silent_track_has_no_loudness(moving: list[Frame], tmp_path: Path) -> None:
    """A track is there, and nothing is on it."""
    found = inspect(write_film(tmp_path / "clip.mp4", moving[:48], sound=np.zeros_like))

    assert (found.has_audio, found.loudness_lufs) == (True, None)


def _moved_object(frame: Frame, left: int) -> Frame:
    drawn = frame.copy()
    cv2.rectangle(drawn, (left, 60), (left + 120, 200), (240, 60, 40), -1)
    return drawn


def _zoomed(frame: Frame, factor: float) -> Frame:
    height, width = frame.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), 0, factor)
    return np.asarray(cv2.warpAffine(frame, matrix, (width, height), flags=cv2.INTER_CUBIC), np.uint8)


Change = Callable[[Frame], Frame]


@pytest.mark.parametrize(
    ("change", "crf", "codes"),
    [
        (lambda frame: frame, 20, ()),
        (lambda frame: frame, 35, ()),
        (lambda frame: np.clip(frame.astype(int) - 12, 0, 255).astype(np.uint8), 20, (CHANGED,)),
        (lambda frame: _moved_object(panned(landscape(7), 1)[0], 60), 20, (CHANGED,)),
        (lambda frame: _zoomed(frame, 1.03), 20, (CHANGED,)),
        (lambda frame: panned(landscape(99), 1)[0], 20, (OTHER,)),
    ],
    ids=["true, crf 20", "true, crf 35", "12 brighter", "object moved", "3 % zoom", "other image"],
)
def test_a_first_frame_is_told_from_another(
    tmp_path: Path, change: Change, crf: int, codes: tuple[Code, ...]
) -> None:
    """True frames pass at every quality; what was brightened, moved, enlarged or swapped does not."""
    shown = [_moved_object(frame, 200) for frame in panned(landscape(7), 24)]
    path = write_film(tmp_path / "clip.mp4", shown, crf=crf)

    found = inspect(path, first_frame=png(change(shown[0])))

    told = verdict(found, Order(duration_s=1, size="240p", has_first_frame=True)).codes
    assert tuple(code for code in told if code.startswith("first_frame")) == codes


def test_brightness_is_caught_by_psnr_alone(tmp_path: Path) -> None:
    """12 levels more are 26.6 dB, and SSIM sees nothing: that is why three measures are taken."""
    shown = panned(landscape(7), 24)
    darker = np.clip(shown[0].astype(int) - 12, 0, 255).astype(np.uint8)

    found = inspect(write_film(tmp_path / "clip.mp4", shown, crf=12), first_frame=png(darker))

    assert found.ff_psnr_db == pytest.approx(26.6, abs=1.2)
    assert found.ff_ssim is not None
    assert found.ff_ssim > 0.96
    assert found.ff_phash_dist == 0


def test_a_first_frame_is_compared_after_the_vendors_crop(moving: list[Frame], clean: Path) -> None:
    """A wider image is cut evenly to the clip's aspect before it is compared."""
    wider = cv2.copyMakeBorder(moving[0], 0, 0, 100, 100, cv2.BORDER_REFLECT)

    found = inspect(clean, first_frame=png(np.asarray(wider, np.uint8)))

    assert found.ff_ssim is not None
    assert found.ff_ssim > 0.95


def test_a_first_frame_that_is_no_image_is_not_compared(clean: Path) -> None:
    """The clip is measured all the same."""
    found = inspect(clean, first_frame=b"not an image")

    assert (found.ff_ssim, found.frames, found.unchecked) == (None, FRAMES, None)


def test_previews_come_with_the_look(clean: Path, tmp_path: Path) -> None:
    """Poster, sheet, sprite and a small film, at their sizes; the clip stays as it was."""
    before = clean.read_bytes()

    inspect(clean, previews=tmp_path)

    sizes = {p: Image.open(io.BytesIO((tmp_path / p).read_bytes())).size for p in list(Preview)[:3]}
    assert sizes == {
        Preview.POSTER: (640, 360),
        Preview.SHEET: (960, 540),
        Preview.SPRITE: (24 * 240, 135),
    }
    with av.open(str(tmp_path / Preview.PROXY)) as proxy:
        frames = sum(1 for _ in proxy.decode(video=0))
        stream = proxy.streams.video[0]
        assert (stream.width, stream.height, frames) == (426, 240, 71)
        assert stream.average_rate == Fraction(12)
        assert not proxy.streams.audio
    assert clean.read_bytes() == before


def test_an_upright_clip_has_upright_previews(tmp_path: Path) -> None:
    """9:16 stays 9:16, with a short side of 240."""
    tall = panned(landscape(3, size=(270, 480)), 24, size=(270, 480))

    found = inspect(write_film(tmp_path / "clip.mp4", tall), previews=tmp_path)

    with av.open(str(tmp_path / Preview.PROXY)) as proxy:
        assert (proxy.streams.video[0].width, proxy.streams.video[0].height) == (240, 426)
    assert found.aspect == 0.5625


def test_an_inspection_survives_the_store(seen: Inspection) -> None:
    """Every field, as it was."""
    assert from_json(to_json(seen)) == seen


def test_the_same_clip_gives_the_same_inspection(clean: Path, seen: Inspection) -> None:
    """To the last digit: what changes between two looks is the clip."""
    assert inspect(clean) == seen


def test_a_file_that_is_not_there_could_not_be_checked(tmp_path: Path) -> None:
    """That is not the clip's fault, and no dispute."""
    found = inspect(tmp_path / "none.mp4")

    assert found.unchecked
    assert found.unplayable is None


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>502</html>" * 1000, b"\0\0\0\x18ftypmp42" + bytes(20_000)],
    ids=["nothing", "a web page", "a head without a body"],
)
def test_bytes_that_are_no_clip_are_unplayable(tmp_path: Path, content: bytes) -> None:
    """No exception, and a reason in words."""
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)

    assert inspect(path).unplayable


@pytest.mark.parametrize("kept", [0.02, 0.3, 0.6, 0.97])
def test_a_clip_cut_off_says_how_much_is_missing(clean: Path, tmp_path: Path, kept: float) -> None:
    """The index is in front and promises 141 frames: those that do not come are counted."""
    path = tmp_path / "clip.mp4"
    path.write_bytes(clean.read_bytes()[: int(clean.stat().st_size * kept)])

    found = inspect(path, previews=tmp_path)

    assert found.unchecked is None
    assert found.unplayable or (found.undecoded_frames or 0) > 1


@pytest.mark.parametrize("seed", range(8))
def test_damaged_bytes_never_raise(clean: Path, tmp_path: Path, seed: int) -> None:
    """Whatever is broken, there is an inspection, and it can be kept."""
    dice = np.random.default_rng(seed)
    content = bytearray(clean.read_bytes())
    for place in dice.integers(0, len(content), 200):
        content[place] = int(dice.integers(256))
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)

    found = inspect(path, previews=tmp_path)

    assert from_json(to_json(found)) == found
