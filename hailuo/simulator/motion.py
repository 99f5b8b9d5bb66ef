"""How the camera moves, from the words of the prompt."""

import math
import random
from dataclasses import dataclass
from enum import StrEnum


class Motion(StrEnum):
    """A camera path. The members' order is the order in which words are looked for."""

    ORBIT = "orbit"
    PUSH_IN = "push in"
    PULL_OUT = "pull out"
    TRACK = "track"
    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    DOWN = "down"
    SHAKE = "shake"
    STATIC = "static"


_WORDS = {
    Motion.ORBIT: ("orbit", "arc shot", "rotate", "rotating", "rotation", "turntable", "circl"),
    Motion.PUSH_IN: ("push in", "push-in", "zoom in", "dolly in", "推进", "变焦推近"),
    Motion.PULL_OUT: ("pull out", "pull back", "zoom out", "reveal", "拉远", "变焦拉远"),
    Motion.TRACK: ("tracking", "track", "follow", "walking", "driving", "跟随"),
    Motion.LEFT: ("pan left", "truck left", "左摇", "左移"),
    Motion.RIGHT: ("pan right", "truck right", "pan ", "右摇", "右移"),
    Motion.UP: ("tilt up", "pedestal up", "crane", "rise", "上升", "上摇"),
    Motion.DOWN: ("tilt down", "pedestal down", "下降", "下摇"),
    Motion.SHAKE: ("shake", "handheld", "晃动"),
    Motion.STATIC: ("static", "固定"),
}
_WITHOUT_WORDS = (Motion.PUSH_IN, Motion.PULL_OUT, Motion.LEFT, Motion.RIGHT, Motion.ORBIT)
_REACH = 0.09  # how far a path goes, as a share of the frame; the plates are painted that much larger


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Where the camera is: `zoom` 1 shows the whole frame, `x` and `y` are shares of it.

    `turn` narrows what stands in the middle, as when walking around it; `drift` is how far a
    background runs by behind it.
    """

    zoom: float = 1.0
    x: float = 0.0
    y: float = 0.0
    turn: float = 1.0
    drift: float = 0.0


def motion_of(prompt: str, dice: random.Random) -> Motion:
    """The first camera move that the prompt names; one of the usual ones when it names none."""
    text = prompt.lower()
    named = (motion for motion, words in _WORDS.items() if any(word in text for word in words))
    return next(named, dice.choice(_WITHOUT_WORDS))


def view_at(motion: Motion, share: float) -> View:
    """Where the camera is after this share (0..1) of the clip; every path starts and ends softly."""
    eased = share * share * (3 - 2 * share)
    if motion in (Motion.ORBIT, Motion.TRACK, Motion.SHAKE):
        return _free(motion, share)
    return _straight(motion, eased, 2 * eased - 1)


def _straight(motion: Motion, eased: float, swing: float) -> View:
    straight = {
        Motion.PUSH_IN: View(zoom=1 + 0.26 * eased),
        Motion.PULL_OUT: View(zoom=1.28 - 0.28 * eased),
        Motion.LEFT: View(zoom=1.04, x=-_REACH * swing),
        Motion.RIGHT: View(zoom=1.04, x=_REACH * swing),
        Motion.UP: View(zoom=1.04, y=-_REACH * swing),
        Motion.DOWN: View(zoom=1.04, y=_REACH * swing),
    }
    return straight.get(motion, View(zoom=1.02 + 0.01 * eased))


def _free(motion: Motion, share: float) -> View:
    wave = math.sin(2 * math.pi * share)
    if motion is Motion.ORBIT:
        return View(
            zoom=1.06,
            x=_REACH * math.cos(math.pi * share),
            turn=1 - 0.14 * (1 - math.cos(2 * math.pi * share)) / 2,
        )
    if motion is Motion.TRACK:
        return View(zoom=1.05, y=0.012 * math.sin(10 * math.pi * share), drift=share)
    return View(zoom=1.08, x=0.018 * wave + 0.008 * math.sin(23 * share), y=0.014 * math.sin(17 * share))
