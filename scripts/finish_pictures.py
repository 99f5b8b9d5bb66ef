"""Pictures of finished copies, from the copies themselves, for docs/how-to/finish.md."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import av
import numpy as np
from PIL import Image, ImageDraw

from hailuo.campaign.finish import Finish
from hailuo.media.composition import compose
from hailuo.media.conform import Finishing, make_copy, measure
from hailuo.media.finishing import canvas_of, filled_finish
from hailuo.media.inspection import Facts
from hailuo.media.placements import placement_book
from hailuo.media.recipe import CopyOptions, Recipe, recipe_for_placement
from hailuo.plan.prepare import CampaignRequest, prepare
from hailuo.settings import Settings
from tests.support.films import panned, write_film

__all__: list[str] = []

_ROOT: Final = Path(__file__).resolve().parents[1]
_PICTURES: Final = _ROOT / "docs" / "pictures"
_EXAMPLE: Final = _ROOT / "campaigns" / "perfume-prices.yaml"
_TALL: Final = (720, 1280)
_HEIGHT: Final = 560
_GAP: Final = 16
_GIFT: Final = "    gift:\n      caption: The gift she keeps\n"
_SCRIPTS: Final = {
    "hebrew": "המתנה שהיא שומרת",
    "arabic": "الهدية التي تحتفظ بها",
    "polish": "Prezent, który zachowa na zawsze",
}
_BOOK: Final = placement_book()


def main() -> None:
    """Write every picture."""
    with tempfile.TemporaryDirectory(prefix="pictures-") as folder:
        clip = _clip(Path(folder))
        finishes = {one.name: one for one in _finishes(_EXAMPLE.read_text(encoding="utf-8") + _GIFT)}
        shown = [("plain", 2.0), ("price", 2.0), ("gift", 2.0), ("price", 6.8)]
        _save("finish-versions", [_frame(clip, finishes[name], "meta_reels", at) for name, at in shown])
        places = ("meta_reels", "youtube_shorts")
        _save("finish-zones", [_frame(clip, finishes["price"], place, 2.0, zone=True) for place in places])
        (caption,) = finishes["gift"].captions
        scripts = [
            replace(finishes["gift"], captions=(replace(caption, text=text),)) for text in _SCRIPTS.values()
        ]
        _save("finish-scripts", [_frame(clip, one, "meta_reels", 2.0) for one in scripts])


def _clip(folder: Path) -> Path:
    """Six seconds of the example's first frame, slowly passing by."""
    with Image.open(_ROOT / "campaigns" / "frames" / "perfume-black-stone-9x16.jpg") as picture:
        wide = picture.convert("RGB").resize((_TALL[0] + 144, _TALL[1] + 256), Image.Resampling.LANCZOS)
    frames = panned(np.asarray(wide.crop((0, 128, wide.width, 128 + _TALL[1]))), 144, size=_TALL)
    return write_film(folder / "clip.mp4", frames, colours=(1, 1, 1, 1))


def _finishes(text: str) -> Sequence[Finish]:
    """Those of the campaign, with the cells of its first row."""
    prepared = prepare(CampaignRequest(path=_EXAMPLE, text=text), Settings())
    job = prepared.expansion.jobs[0]
    return [filled_finish(one, job)[0] for one in prepared.require_campaign().finishes or ()]


def _frame(clip: Path, finish: Finish, place: str, at: float, *, zone: bool = False) -> Image.Image:
    """One frame of the copy, as it was encoded."""
    facts = measure(clip)
    options = CopyOptions(finish=finish.finish_id, added_s=finish.added_s)
    recipe = recipe_for_placement(_BOOK.placements[place], facts, options, _BOOK)
    drawn = compose(finish, canvas_of(recipe, facts, _BOOK))
    if drawn.problems:
        raise SystemExit("\n".join(map(str, drawn.problems)))
    copy = clip.with_name("copy.mp4")
    make_copy(clip, copy, recipe, finish=Finishing(drawn=drawn, sound=finish.sound))
    with av.open(str(copy)) as container:
        frame = next(frame for frame in container.decode(video=0) if (frame.time or 0) >= at)
        picture = Image.fromarray(frame.to_ndarray(format="rgb24"))
    return _with_zone(picture, recipe) if zone else picture


def _with_zone(picture: Image.Image, recipe: Recipe) -> Image.Image:
    """What the placement covers is lit red."""
    safe = canvas_of(recipe, Facts(), _BOOK).zone
    red = Image.new("RGBA", picture.size, "#ff2d2d66")
    ImageDraw.Draw(red).rectangle((safe.left, safe.top, safe.right - 1, safe.bottom - 1), fill="#00000000")
    return Image.alpha_composite(picture.convert("RGBA"), red).convert("RGB")


def _save(name: str, pictures: Sequence[Image.Image]) -> None:
    small = [
        one.resize((round(one.width * _HEIGHT / one.height), _HEIGHT), Image.Resampling.LANCZOS)
        for one in pictures
    ]
    sheet = Image.new("RGB", (sum(one.width + _GAP for one in small) - _GAP, _HEIGHT), "white")
    left = 0
    for one in small:
        sheet.paste(one, (left, 0))
        left += one.width + _GAP
    sheet.save(_PICTURES / f"{name}.png", optimize=True)
    print(f"{name}.png")


if __name__ == "__main__":
    main()
