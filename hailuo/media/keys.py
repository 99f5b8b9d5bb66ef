"""Where the inspection and the previews of a clip lie in the store."""

from collections.abc import Mapping
from enum import StrEnum


class Preview(StrEnum):
    """The small pictures and films of a clip; the value ends its file's name."""

    POSTER = "poster.webp"  # one picture, 640 px wide
    SHEET = "sheet.webp"  # contact sheet, 3 x 3
    SPRITE = "sprite.webp"  # 24 pictures in a row, 240 px wide each, for the pointer to run over
    PROXY = "proxy.mp4"  # the clip at 240 lines, 12 frames a second


PREVIEW_TYPES: Mapping[Preview, str] = {
    Preview.POSTER: "image/webp",
    Preview.SHEET: "image/webp",
    Preview.SPRITE: "image/webp",
    Preview.PROXY: "video/mp4",
}
