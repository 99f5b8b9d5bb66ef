"""What an order asks for beside its cell, by the facts of its family: shape, sound, rate and pixels.

It is recorded with the job, so that a clip is compared with what was ordered whatever the catalog says later.
"""

from dataclasses import dataclass
from enum import StrEnum
from re import fullmatch

from hailuo.campaign.catalog import Catalog, Family, Trust
from hailuo.campaign.variant import Variant


class ShapeBy(StrEnum):
    """How an order gets its shape."""

    SETTING = "setting"
    FIRST_FRAME = "first_frame"
    NATIVE = "native"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The shape as `9:16`, whether there is sound, frames per second, px without a first frame, codec. None: not known."""

    family: str
    trust: Trust
    shape: str | None = None
    shape_by: ShapeBy | None = None
    audio: bool | None = None
    fps: float | None = None
    width: int | None = None
    height: int | None = None
    codec: str | None = None


def asked_of(variant: Variant, catalog: Catalog, *, shape: str | None = None) -> Asked | None:
    """What the catalog says of an order; None for a model that it does not have.

    `shape` is the one that the campaign asked for, where its first frame gives it.
    """
    model = catalog.model(variant.model)
    if model is None:
        return None
    family = catalog.family_of(model)
    made, shape_by = _shape(variant, family)
    box = family.box(variant.size, variant.parameters)
    sound, label = family.audio, variant.parameters.get(family.audio.setting or "")
    return Asked(
        family=family.name,
        trust=model.trust,
        shape=shape if made is None and shape_by is ShapeBy.FIRST_FRAME else made,
        shape_by=shape_by,
        audio=sound.always if sound.setting is None else (None if label is None else label == "true"),
        fps=family.fps,
        width=box[0] if box else None,
        height=box[1] if box else None,
        codec=family.codecs.get(variant.size),
    )


def _shape(variant: Variant, family: Family) -> tuple[str | None, ShapeBy | None]:
    shape = family.shape
    if shape is None:
        return None, None
    label = variant.parameters.get(shape.setting or "", "")
    if fullmatch(r"\d+:\d+", label):
        return label, ShapeBy.SETTING
    if variant.first_frame is not None:
        return None, ShapeBy.FIRST_FRAME if shape.from_frame else None
    return shape.native, ShapeBy.NATIVE if shape.native else None
