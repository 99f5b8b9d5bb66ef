"""How alike two pictures are: SSIM, PSNR, perceptual hashes. And the first frame, made comparable."""

import io
from typing import Final, NamedTuple

import cv2
import imagehash
import numpy as np
import pdqhash  # type: ignore[import-untyped]  # it has no types
from numpy.typing import NDArray
from PIL import Image, ImageOps

Picture = NDArray[np.uint8]
"""Rows x columns (grey), or rows x columns x 3 (RGB)."""

# Wang et al. 2004: an 11 x 11 Gaussian of sigma 1.5, constants of 8-bit pictures.
_WINDOW: Final = (11, 11)
_SIGMA: Final = 1.5
_C1: Final = (0.01 * 255) ** 2
_C2: Final = (0.03 * 255) ** 2
_SAME_PSNR_DB: Final = 99.0  # of equal pictures, where the ratio has no bound


class Likeness(NamedTuple):
    """SSIM 0-1, PSNR in dB, and how many of 64 bits of the pHash differ."""

    ssim: float
    psnr_db: float
    phash_dist: int


def likeness(one: Picture, other: Picture) -> Likeness:
    """How alike two RGB pictures of one size are."""
    left, right = grey(one).astype(np.float32), grey(other).astype(np.float32)
    bits = imagehash.phash(Image.fromarray(one)) - imagehash.phash(Image.fromarray(other))
    error = float(((left - right) ** 2).mean())
    psnr_db = min(_SAME_PSNR_DB, 10 * float(np.log10(255**2 / error))) if error else _SAME_PSNR_DB
    return Likeness(round(_ssim(left, right), 4), round(psnr_db, 2), int(bits))


def grey(picture: Picture) -> Picture:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def still(content: bytes, size: tuple[int, int]) -> Picture:
    """An image as the vendor sees it: upright, cut evenly to the aspect of `size` (width, height), at that size.

    Raises: OSError, ValueError for what is no image.
    """
    with Image.open(io.BytesIO(content)) as image:
        upright = ImageOps.exif_transpose(image).convert("RGB")
    return np.asarray(ImageOps.fit(upright, size, Image.Resampling.BOX), dtype=np.uint8)


def phash_hex(picture: Picture) -> str:
    """The perceptual hash as 16 hex digits."""
    return str(imagehash.phash(Image.fromarray(picture)))


def pdq_hex(picture: Picture) -> str:
    """The PDQ hash as 64 hex digits."""
    bits, _ = pdqhash.compute(picture)
    return np.packbits(np.asarray(bits, dtype=np.uint8)).tobytes().hex()


def _ssim(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    mean_one, mean_other = _blurred(one), _blurred(other)
    spread_one = _blurred(one * one) - mean_one**2
    spread_other = _blurred(other * other) - mean_other**2
    shared = _blurred(one * other) - mean_one * mean_other
    light = (2 * mean_one * mean_other + _C1) / (mean_one**2 + mean_other**2 + _C1)
    structure = (2 * shared + _C2) / (spread_one + spread_other + _C2)
    return float((light * structure).mean())


def _blurred(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(picture, _WINDOW, _SIGMA), dtype=np.float32)
