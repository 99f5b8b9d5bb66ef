"""Words that mean the same for every model, in the words of one: a shape, a tier of sizes, an axis that only some have."""

from collections.abc import Mapping
from dataclasses import replace
from re import fullmatch
from typing import Final

from hailuo.campaign.catalog import Catalog, ClipShape, Family, FirstFrameRule, Model
from hailuo.campaign.model import Cell, Level, Remark
from hailuo.campaign.variant import FirstFrame
from hailuo.text import listed, quoted

SHAPE: Final = "shape"
"""The axis of shapes, where no prompt asks for {shape} and no family has a setting of that name."""

NOTHING: Final = "none"
"""The label of an axis without a value."""

_TOLERANCE: Final = 0.01


def is_ratio(text: str) -> bool:
    """Whether it is a shape such as `9:16`."""
    return fullmatch(r"[1-9][0-9]{0,3}:[1-9][0-9]{0,3}", text) is not None


def has_shape(frame: FirstFrame, ratio: str) -> bool | None:
    """Whether a picture has the shape, to 1 %; None where its size is not known, as behind a URL."""
    if not frame.width or not frame.height:
        return None
    width, _, height = ratio.partition(":")
    return abs(frame.width / frame.height * int(height) / int(width) - 1) <= _TOLERANCE


def takes(axis: str, model: Model, family: Family) -> bool:
    """Whether the model has the axis at all: a setting of its family, or a first frame."""
    if axis == "first_frame":
        return model.first_frame is not FirstFrameRule.NONE
    return axis in family.settings


def without(cell: Cell, axis: str) -> Cell:
    """The cell with no value of the axis."""
    return {**cell, axis: replace(cell[axis], label=NOTHING, value=None)}


def framed(cell: Cell, model: Model, family: Family, frames: Mapping[str, Level]) -> Cell:
    """The cell with the first frame of its shape, where its model gets the shape, or any clip, in no other way."""
    asked = cell.get(SHAPE)
    given = cell.get("first_frame")
    if asked is None or given is None or given.value is not None or asked.label not in frames:
        return cell
    is_needed = model.first_frame is FirstFrameRule.REQUIRED or not _is_made(asked.label, family)
    if not is_needed or not _takes_shape_of_frame(model, family.shape):
        return cell
    return {**cell, "first_frame": frames[asked.label]}


def in_own_words(cell: Cell, model: Model, catalog: Catalog, *, has_shape_axis: bool) -> Cell | Remark:
    """The cell as its model spells it: a tier is a size, a shape is a setting. Or why there is no such clip."""
    sized = _sized(cell, model, catalog.tiers)
    level = cell.get(SHAPE) if has_shape_axis else None
    if isinstance(sized, Remark) or level is None or level.value is None:
        return sized
    return _shaped(sized, level, model, catalog.family_of(model))


def _sized(cell: Cell, model: Model, tiers: Mapping[str, tuple[str, ...]]) -> Cell | Remark:
    level = cell["size"]
    word, own = str(level.value), list(dict.fromkeys(offer.size for offer in model.offers))
    if word in own or word not in tiers:
        return cell
    fitting = [size for size in own if size in tiers[word]]
    seconds = cell["duration"].value
    sold = {offer.size for offer in model.offers if offer.duration == seconds}
    best = next((size for size in fitting if size in sold), next(iter(fitting), None))
    if best is None:
        return Remark("size", f"{model.name} has no size of the tier {word}", f"choose {listed(own)}")
    return {**cell, "size": replace(level, value=best)}


def _shaped(cell: Cell, level: Level, model: Model, family: Family) -> Cell | Remark:
    ratio, shape, frame = level.label, family.shape, _frame(cell)
    own = cell.get(shape.setting or "") if shape else None
    if own is not None and own.value is not None:
        return Remark(SHAPE, f"shape and {own.axis} both say the shape of {model.name}", "keep one of them")
    if frame is not None and (shape is None or shape.from_frame):
        if has_shape(frame, ratio) is not False:
            return cell
        size = f"{frame.width}x{frame.height}"
        reason = (
            f"{model.name} makes clips in the shape of the first frame, and {quoted(frame.label)} is {size}"
        )
        return Remark(SHAPE, reason, f"give a first frame of {ratio}")
    if shape is not None and shape.setting and _is_set(ratio, family):
        return {**cell, shape.setting: replace(level, axis=shape.setting)}
    if shape is not None and shape.native == ratio and frame is None:
        return cell
    return Remark(
        SHAPE, f"{model.name} makes no clip of the shape {ratio}", way_to_shape(ratio, model, family)
    )


def way_to_shape(ratio: str, model: Model, family: Family) -> str:
    """What gives a clip of the model this shape; where nothing does, what else to choose."""
    shape = family.shape
    if _is_set(ratio, family):
        return f"write `shape: [{ratio}]`, or {shape.setting if shape else SHAPE} {ratio}"
    if _takes_shape_of_frame(model, shape):
        return f'give a first frame of {ratio}, or `frames: {{"{ratio}": FILE}}` with the axis `shape`'
    if shape is None:
        return f"add `shape:` to the family {family.name} in a catalog file, or leave {model.name} out"
    made = [label for label in (*_labels(family), shape.native) if label and is_ratio(label)]
    return f"choose {listed(made)}, or leave {model.name} out" if made else f"leave {model.name} out"


def _is_made(ratio: str, family: Family) -> bool:
    """Whether clips without a first frame can have the shape."""
    return _is_set(ratio, family) or (family.shape is not None and family.shape.native == ratio)


def _is_set(ratio: str, family: Family) -> bool:
    return ratio in _labels(family)


def _labels(family: Family) -> tuple[str, ...]:
    setting = family.settings.get(family.shape.setting or "") if family.shape else None
    return setting.labels if setting else ()


def _takes_shape_of_frame(model: Model, shape: ClipShape | None) -> bool:
    return model.first_frame is not FirstFrameRule.NONE and shape is not None and shape.from_frame


def _frame(cell: Cell) -> FirstFrame | None:
    value = cell["first_frame"].value if "first_frame" in cell else None
    return value if isinstance(value, FirstFrame) else None
