"""What a substitute orders: the cell of the job that it replaces, with another model and that model's own values."""

from dataclasses import replace

from hailuo.campaign.catalog import Catalog, Family, Model
from hailuo.campaign.model import Campaign, Cell, Fallback, Level
from hailuo.campaign.portable import framed, takes, without


def fallbacks_of(model: str, campaign: Campaign) -> tuple[Fallback, ...]:
    """What may replace a job of the model, in this order: every model of the list but its own."""
    return tuple(fallback for fallback in campaign.fallback if fallback.model.label != model)


def substitute_cell(cell: Cell, fallback: Fallback, campaign: Campaign, catalog: Catalog) -> Cell:
    """The combination that the substitute renders. Whether it is legal is for `legality` to say.

    A size becomes the model's own of the same tier. What every clip of the model has, such as silence, is not asked for.
    """
    model = catalog.models[fallback.model.label]
    family = catalog.family_of(model)
    made = {**cell, "model": fallback.model}
    if cell.get("first_frame") in campaign.frames.values():  # its own shape decides whether it needs one
        made = dict(without(made, "first_frame"))
    settings = {name for one in catalog.families.values() for name in one.settings} & campaign.settings
    for axis in [name for name in made if name in {*settings, "first_frame"}]:
        is_needless = axis in campaign.where_offered or _is_made_anyway(made[axis], family, catalog)
        if is_needless and not takes(axis, model, family):
            made = dict(without(made, axis))
    for axis, levels in fallback.own.items():
        same = (level for level in levels if axis in cell and level.label == cell[axis].label)
        made[axis] = next(same, levels[0])
    made["size"] = _alike(made["size"], model, catalog)
    return framed(made, model, family, campaign.frames)


def _is_made_anyway(level: Level, family: Family, catalog: Catalog) -> bool:
    """Whether every clip of the family has what this value of another family's setting asks for."""
    others = catalog.families.values()
    if any(one.shape and one.shape.setting == level.axis for one in others):
        return family.shape is not None and family.shape.native == level.label
    if any(one.audio.setting == level.axis for one in others):
        return family.audio.always is not None and family.audio.always is (level.label == "true")
    return False


def _alike(level: Level, model: Model, catalog: Catalog) -> Level:
    """The tier of a size that the model does not have; the size itself where it has it, or none is alike."""
    own = {offer.size for offer in model.offers}
    if level.value in own or level.value in catalog.tiers:
        return level
    tiers = (tier for tier, sizes in catalog.tiers.items() if level.value in sizes and own & set(sizes))
    return replace(level, value=next(tiers, level.value))
