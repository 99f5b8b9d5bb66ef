"""How much moves: dense optical flow (DIS) between neighbouring frames, and what it does not explain."""

from typing import Final, NamedTuple

import cv2
import numpy as np

from hailuo.media.likeness import Picture

_EVERY: Final = 4  # of the pairs of neighbours; motion does not jump from pair to pair
_SHORT_SIDE: Final = 180
_TOP_SHARE: Final = 0.05


class Moved(NamedTuple):
    """Flow in % of the picture's width a second: mean, and mean of the fastest 5 %; the error after warping, 0-255."""

    flow_mean: float | None
    flow_top5: float | None
    warp_error: float | None


class Motion:
    """Takes pairs of neighbouring frames of one clip, and looks at some of them."""

    def __init__(self, *, fps: float) -> None:
        self._fps = fps
        self._pairs = 0
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        self._means: list[float] = []
        self._tops: list[float] = []
        self._errors: list[float] = []

    def add(self, earlier: Picture, later: Picture) -> None:
        """The next pair."""
        self._pairs += 1
        if (self._pairs - 1) % _EVERY:
            return
        one, two = _small(earlier), _small(later)
        flow = self._flow.calc(one, two, np.zeros((*one.shape, 2), np.float32))
        speed = np.hypot(flow[..., 0], flow[..., 1]).ravel()
        top = max(1, int(speed.size * _TOP_SHARE))
        fastest = np.partition(speed, -top)[-top:]
        per_second = 100 * self._fps / one.shape[1]
        self._means.append(float(speed.mean()) * per_second)
        self._tops.append(float(fastest.mean()) * per_second)
        # The later frame drawn back along the flow should be the earlier one; what is left was made up in between.
        rows, columns = np.indices(one.shape, dtype=np.float32)
        xs, ys = columns + flow[..., 0], rows + flow[..., 1]
        back = cv2.remap(two, xs, ys, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        self._errors.append(float(cv2.norm(back, one, cv2.NORM_L1)) / one.size)

    def found(self) -> Moved:
        """Means over the pairs looked at."""
        if not self._means:
            return Moved(None, None, None)
        return Moved(
            *(round(float(np.mean(values)), 3) for values in (self._means, self._tops, self._errors))
        )


def _small(picture: Picture) -> Picture:
    scale = _SHORT_SIDE / min(picture.shape[:2])
    size = (round(picture.shape[1] * scale), round(picture.shape[0] * scale))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
