"""Copies made from clips: each passes the placement it was made for, and the clip is only read."""

import hashlib
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from hailuo.media import Verdict
from hailuo.media.conform import make_copy, measure
from hailuo.media.inspection import Facts
from hailuo.media.placements import placement_book, verdicts
from hailuo.media.playback import browsers_that_play
from hailuo.media.recipe import (
    OWN,
    SILENT,
    ConformError,
    CopyOptions,
    Recipe,
    recipe_for_aspect,
    recipe_for_placement,
)
from hailuo.media.sound import loudness_of, read_sound

pytestmark = pytest.mark.slow

BOOK = placement_book()
SMALL = replace(BOOK, copies={"9:16": (180, 320), "1:1": (240, 240), "4:5": (192, 240), "16:9": (320, 180)})
GIVEN = CopyOptions(audio="ab" * 32)


def _middle_picture(path: Path) -> np.ndarray:
    with av.open(path) as container:
        frames = list(container.decode(video=0))
    return frames[len(frames) // 2].to_ndarray(format="gray")


def test_a_copy_passes_every_placement_it_was_made_for(
    silent_clip: Path, music: Path, tmp_path: Path
) -> None:
    """A landscape clip without sound becomes one that passes, with the sound given; its bytes stay the same."""
    before = hashlib.sha256(silent_clip.read_bytes()).hexdigest()
    made_for = defaultdict[Recipe, list[str]](
        list
    )  # placements of one recipe share a copy: each takes a second
    for name, placement in BOOK.placements.items():
        made_for[recipe_for_placement(placement, measure(silent_clip), GIVEN, BOOK)].append(name)

    for recipe, names in made_for.items():
        make_copy(silent_clip, tmp_path / "copy.mp4", recipe, audio=music)

        rulings = verdicts(measure(tmp_path / "copy.mp4"), names)
        found = {name: (rulings[name].verdict, rulings[name].reasons) for name in names}
        assert found == dict.fromkeys(names, (Verdict.PASS, ()))
    assert hashlib.sha256(silent_clip.read_bytes()).hexdigest() == before


@pytest.mark.parametrize("pix_fmt", ["yuv420p10le", "yuv422p", "yuv444p"])
def test_a_copy_of_a_clip_that_browsers_do_not_play_plays(film, pix_fmt: str, tmp_path: Path) -> None:
    """A copy is H.264 High with avc1 and AAC, whatever the clip is."""
    clip = film(pix_fmt=pix_fmt)
    make_copy(clip, tmp_path / "copy.mp4", recipe_for_aspect("1:1", measure(clip), CopyOptions(), SMALL))

    copy = measure(tmp_path / "copy.mp4")

    assert (browsers_that_play(measure(clip)), browsers_that_play(copy)) == ("not every", "every")
    assert (copy.video_codec, copy.profile, copy.pix_fmt, copy.video_tag, copy.audio_codec) == (
        "h264", "High", "yuv420p", "avc1", "aac",
    )  # fmt: skip


@pytest.mark.parametrize("fit", ["pad", "crop", "blur"])
@pytest.mark.parametrize("aspect", ["9:16", "1:1", "4:5"])
def test_a_copy_has_the_shape_asked_for(aspect: str, fit, film, tmp_path: Path) -> None:
    """Every shape in every fit, all pictures there, pixels square."""
    clip = film()
    recipe = recipe_for_aspect(aspect, measure(clip), CopyOptions(fit=fit), SMALL)

    make_copy(clip, tmp_path / "copy.mp4", recipe)

    facts = measure(tmp_path / "copy.mp4")
    assert (facts.width, facts.height) == SMALL.copies[aspect]
    assert (facts.duration_s, facts.fps) == (6.0, 2.0)


def test_padding_shows_bars_and_cropping_and_blurring_do_not(film, tmp_path: Path) -> None:
    """The three fits are three: bars are black, a blur is lit and soft, a crop is sharp up to the edge."""
    clip = film(size=(640, 360))
    edges = {}
    for fit in ("pad", "crop", "blur"):
        recipe = recipe_for_aspect("9:16", measure(clip), CopyOptions(fit=fit), SMALL)
        make_copy(clip, tmp_path / f"{fit}.mp4", recipe)
        edges[fit] = _middle_picture(tmp_path / f"{fit}.mp4")[:40].astype(float)

    assert edges["pad"].max() < 20
    assert edges["blur"].mean() > 60
    assert np.abs(np.diff(edges["blur"])).mean() < 0.5 * np.abs(np.diff(edges["crop"])).mean()


def test_the_number_of_pictures_stays(film, tmp_path: Path) -> None:
    """As the models deliver: 141 pictures in, 141 out, 5.875 s, and the sound makes it no longer."""
    clip = film(size=(320, 180), fps=24, frames=141)
    make_copy(clip, tmp_path / "copy.mp4", recipe_for_aspect("1:1", measure(clip), CopyOptions(), SMALL))

    with av.open(tmp_path / "copy.mp4") as copy:
        assert copy.streams.video[0].frames == 141
        assert copy.duration is not None
        assert copy.duration / av.time_base == pytest.approx(5.875, abs=0.001)


def test_sound_is_brought_to_the_loudness_asked_for(film, music: Path, tmp_path: Path) -> None:
    """-14 LUFS within 1 LU, the peak below -1 dBTP; a clip's own sound as well as a given one."""
    loud = film(tone=0.9)
    own = recipe_for_aspect("1:1", measure(loud), CopyOptions(), SMALL)
    given = replace(own, audio=GIVEN.audio)

    make_copy(loud, tmp_path / "own.mp4", own)
    make_copy(loud, tmp_path / "given.mp4", given, audio=music)

    for name in ("own", "given"):
        sound = read_sound(tmp_path / f"{name}.mp4")
        assert loudness_of(sound) == pytest.approx(-14.0, abs=1.0)
        assert np.abs(sound).max() < 10 ** (-1 / 20)


def test_silence_is_a_track_that_nobody_hears(film, tmp_path: Path) -> None:
    """What asks for sound accepts it with a warning: a reviewer may not."""
    clip = film(size=(540, 960))
    recipe = recipe_for_placement(BOOK.placements["tiktok_infeed"], measure(clip), CopyOptions(), BOOK)
    make_copy(clip, tmp_path / "copy.mp4", recipe)

    facts = measure(tmp_path / "copy.mp4")
    assert recipe.audio == SILENT
    assert (facts.has_audio, facts.loudness_lufs) == (True, None)
    assert verdicts(facts, ["tiktok_infeed"])["tiktok_infeed"].reasons == ("silent_audio",)


def test_a_still_clip_is_filled_up_to_the_least_bit_rate(tmp_path: Path, film) -> None:
    """A clip of almost nothing still reaches what the placement asks for."""
    clip = film(size=(32, 32))
    recipe = recipe_for_placement(BOOK.placements["tiktok_infeed"], measure(clip), GIVEN, SMALL)

    make_copy(clip, tmp_path / "copy.mp4", replace(recipe, audio=SILENT))

    assert (measure(tmp_path / "copy.mp4").bitrate_bps or 0) >= 516_000


def test_a_clip_a_little_too_long_is_trimmed_to_the_limit(film, tmp_path: Path) -> None:
    """6.04 s become 6 s for a bumper: a frame is no edit."""
    clip = film(fps=25, frames=151)
    recipe = recipe_for_placement(BOOK.placements["youtube_bumper"], measure(clip), CopyOptions(), SMALL)
    make_copy(clip, tmp_path / "copy.mp4", recipe)

    assert measure(tmp_path / "copy.mp4").duration_s == pytest.approx(6.0)


def test_too_many_pictures_a_second_become_fewer(film, tmp_path: Path) -> None:
    """30 a second become 29.97 where 30 is one too many."""
    clip = film(fps=30, frames=120)
    recipe = recipe_for_placement(BOOK.placements["linkedin_video"], measure(clip), CopyOptions(), SMALL)
    make_copy(clip, tmp_path / "copy.mp4", recipe)

    assert measure(tmp_path / "copy.mp4").fps == pytest.approx(29.97, abs=0.01)


@pytest.mark.parametrize(
    ("placement", "seconds", "message"),
    [
        ("youtube_bumper", 10.0, "takes 6 s, and the clip has 10 s: order a shorter one"),
        ("tiktok_infeed", 4.0, "asks for 5 s, and the clip has 4 s"),
    ],
)
def test_a_clip_of_another_length_is_not_cut(placement: str, seconds: float, message: str) -> None:
    """What to leave out of ten seconds is for a person to decide."""
    clip = Facts(width=1366, height=768, duration_s=seconds, has_audio=False)

    with pytest.raises(ConformError, match=message):
        recipe_for_placement(BOOK.placements[placement], clip, CopyOptions(), BOOK)


def test_a_shape_that_the_placement_likes_stays(film) -> None:
    """A portrait clip is not made landscape because that is the placement's usual shape."""
    upright = Facts(width=768, height=1366, duration_s=6.0, has_audio=False)

    recipe = recipe_for_placement(BOOK.placements["youtube_bumper"], upright, CopyOptions(), BOOK)

    assert (recipe.width, recipe.height) == (1080, 1920)


def test_what_the_vendor_wrote_into_the_clip_is_kept(film, tmp_path: Path) -> None:
    """The AIGC label goes along, and the file plays before it is loaded whole."""
    clip = film()
    make_copy(clip, tmp_path / "copy.mp4", recipe_for_aspect("1:1", measure(clip), CopyOptions(), SMALL))

    with av.open(tmp_path / "copy.mp4") as copy:
        assert copy.metadata["AIGC"] == '{"Label":"1","ContentProducer":"MiniMax"}'
    content = (tmp_path / "copy.mp4").read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_what_is_no_video_is_told(tmp_path: Path, film) -> None:
    """Damaged clips, and sound files without sound, are told by name."""
    (tmp_path / "no.mp4").write_bytes(b"no video at all")
    clip = film()
    recipe = recipe_for_aspect("1:1", measure(clip), GIVEN, SMALL)

    with pytest.raises(ConformError, match=r"no\.mp4"):
        measure(tmp_path / "no.mp4")
    with pytest.raises(ConformError, match=r"no\.mp4"):
        make_copy(tmp_path / "no.mp4", tmp_path / "copy.mp4", recipe)
    with pytest.raises(ConformError, match="has no sound"):
        make_copy(clip, tmp_path / "copy.mp4", recipe, audio=clip)


def test_a_recipe_reads_as_one_line() -> None:
    """As in the manifest's column `derivation`."""
    clip = Facts(width=1366, height=768, duration_s=6.0, has_audio=True)

    own = recipe_for_aspect("9:16", clip, CopyOptions(audio=OWN), BOOK)

    assert str(own) == "conform/2 1080x1920 fit=blur audio=own loudness=-14LUFS mark=xmp c2pa=none"
