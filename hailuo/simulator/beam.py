"""A band of light that slides across the picture once per clip."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from PIL import Image, ImageChops, ImageOps

_BRIGHT = 46  # steps of 255 at the middle of the band
_WIDE, _SLANT = 0.15, 0.38  # shares of the picture's width
_PAINTED = 0.25  # of the sides: it is soft anyway


@dataclass(frozen=True, slots=True, kw_only=True)
class Beam:
    """The band on a grey image three pictures wide; only a part of that is over the picture at any time."""

    band: Image.Image
    from_left: bool

    @classmethod
    def of(cls, size: tuple[int, int], *, from_left: bool) -> Self:
        """The band for a picture of this size (pixels), and the side that it comes from."""
        across = np.linspace(-1.5, 1.5, max(3, round(3 * size[0] * _PAINTED)), dtype=np.float32)[None, :]
        down = np.linspace(-0.5, 0.5, max(2, round(size[1] * _PAINTED)), dtype=np.float32)[:, None]
        light = _BRIGHT * np.exp(-(((across + _SLANT * down) / _WIDE) ** 2))
        band = Image.fromarray(light.astype(np.uint8)).resize(
            (3 * size[0], size[1]), Image.Resampling.BILINEAR
        )
        return cls(band=band if from_left else ImageOps.mirror(band), from_left=from_left)

    def over(self, plane: Image.Image, share: float, at: tuple[int, int] = (0, 0)) -> Image.Image:
        """A part of the picture, `at` pixels from its left and top, lit when this share of the clip is over."""
        gone = 1 - share if self.from_left else share
        left, top = at[0] + round(2 * gone * self.band.width / 3), at[1]
        return ImageChops.add(plane, self.band.crop((left, top, left + plane.width, top + plane.height)))
