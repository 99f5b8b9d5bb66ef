"""What is measured of a clip's pictures, one small picture after the other.

Everything is taken of proxies with a short side of 240 px: decoding is three quarters of the cost as it is.
"""

from dataclasses import replace
from typing import Final

import cv2
import numpy as np

from hailuo.media.inspection import Inspection
from hailuo.media.likeness import Picture
from hailuo.media.motion import Motion

# These are part of the measurement: another value is another QA_VERSION (docs/evidence/measurements.md#what-the-measures-found).
_BLACK_LUMA: Final = 26  # a pixel below is black; 10 % of 255
_BLACK_SHARE: Final = 0.98  # of a black frame's pixels
_FROZEN_DIFFERENCE: Final = 0.10  # mean absolute difference to the frame before, of 255
_CUT_DIFFERENCE: Final = 30.0
_CLIPPED: Final = (2, 253)
_EVERY_FOR_SHARPNESS: Final = 4


class Pictures:
    """Takes the luma of every frame of one clip, 0-255, in order; memory stays the same however long it is."""

    def __init__(self, *, fps: float) -> None:
        self._fps = fps
        self._before: Picture | None = None
        self._black: list[bool] = []
        self._means: list[float] = []
        self._spreads: list[float] = []
        self._clipped: list[float] = []
        self._differences: list[float] = []
        self._sharp: list[float] = []
        self._colours: list[float] = []
        self._motion = Motion(fps=fps)

    def add(self, luma: Picture) -> None:
        """The next frame."""
        number = len(self._means)
        histogram = cv2.calcHist([luma], [0], None, [256], [0, 256]).ravel() / luma.size
        self._black.append(bool(histogram[:_BLACK_LUMA].sum() >= _BLACK_SHARE))
        self._clipped.append(float(histogram[: _CLIPPED[0] + 1].sum() + histogram[_CLIPPED[1] :].sum()))
        mean, spread = cv2.meanStdDev(luma)
        self._means.append(float(mean[0][0]))
        self._spreads.append(float(spread[0][0]))
        if number % _EVERY_FOR_SHARPNESS == 0:
            self._sharp.append(float(cv2.Laplacian(luma, cv2.CV_32F).var()))
        if self._before is not None:
            self._differences.append(float(cv2.norm(luma, self._before, cv2.NORM_L1)) / luma.size)
            self._motion.add(self._before, luma)
        self._before = luma

    def add_colours(self, rgb: Picture) -> None:
        """One of the frames by which the colours are judged, by Hasler and Süsstrunk 2003."""
        red, green, blue = (rgb[..., channel].astype(np.float32) for channel in range(3))
        red_green, yellow_blue = red - green, (red + green) / 2 - blue
        spread = float(np.hypot(red_green.std(), yellow_blue.std()))
        self._colours.append(spread + 0.3 * float(np.hypot(red_green.mean(), yellow_blue.mean())))

    def added_to(self, known: Inspection) -> Inspection:
        """With the measures of all frames seen, one at least; None where there were too few for one."""
        differences = self._differences
        mean_difference = float(np.mean(differences)) if differences else None
        motion = self._motion.found()
        return replace(
            known,
            black_s=round(sum(self._black) / self._fps, 4),
            black_first=self._black[0],
            frozen_longest_s=round(_longest([d < _FROZEN_DIFFERENCE for d in differences]) / self._fps, 4),
            luma_flicker_pct=_flicker_pct(self._means),
            motion_flow_mean=motion.flow_mean,
            motion_flow_top5=motion.flow_top5,
            mafd=_rounded(mean_difference, 3),
            # VBench's formula over luma, not its score: it is for clips without motion (docs/evidence/measurements.md).
            vbench_temporal_flickering=_rounded(
                None if mean_difference is None else (255 - mean_difference) / 255, 5
            ),
            warp_error=motion.warp_error,
            sharpness_lapvar=round(float(np.mean(self._sharp)), 2),
            colourfulness=_rounded(float(np.mean(self._colours)) if self._colours else None, 2),
            luma_mean=round(float(np.mean(self._means)), 2),
            contrast_std=round(float(np.mean(self._spreads)), 2),
            clipped_pct=round(100 * float(np.mean(self._clipped)), 3),
            scene_cuts=sum(1 for difference in differences if difference > _CUT_DIFFERENCE),
        )


def _longest(marks: list[bool]) -> int:
    longest = run = 0
    for mark in marks:
        run = run + 1 if mark else 0
        longest = max(longest, run)
    return longest


def _flicker_pct(means: list[float]) -> float | None:
    """The median of half the second differences of mean brightness: a fade has none, a flicker has its swing."""
    if len(means) < 3:
        return None
    halves = np.abs(np.diff(np.asarray(means), n=2)) / 2
    level = max(1.0, float(np.mean(means)))
    return round(100 * float(np.median(halves)) / level, 4)


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
