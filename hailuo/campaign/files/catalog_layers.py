"""Catalog files laid over each other: what each section says in the end, and the line that says it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel

from hailuo.campaign.files.catalog_schema import CatalogFile, FamilyFile, ModelFile, OfferFile, RangeFile
from hailuo.campaign.files.document import Entries, Tree, child
from hailuo.campaign.files.pydantic_errors import Steps
from hailuo.campaign.files.text import ProblemList
from hailuo.errors import Place

_P = TypeVar("_P", bound=BaseModel)
_JOINED = ("settings", "sizes", "pixels", "codec")
"""Mappings of a family that an upper file extends; it replaces everything else as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One catalog file, read."""

    name: str
    root: Entries
    file: CatalogFile


class Layers:
    """Every layer, the uppermost last, and their sections merged.

    A family whose request differs from the one below is another family: nothing of the one below is kept, nor of its
    models. So is a model that names another family.
    """

    def __init__(self, layers: Sequence[Layer], problems: ProblemList) -> None:
        self._layers = layers
        self._problems = problems
        self.requests = {n: body for layer in layers for n, body in layer.file.requests.items()}
        self.sources = {n: source for layer in layers for n, source in layer.file.sources.items()}
        self.tiers = {n: tuple(sizes) for layer in layers for n, sizes in layer.file.tiers.items()}
        self.families: dict[str, FamilyFile] = {}
        self.models: dict[str, ModelFile] = {}
        for layer in layers:
            for name, family in layer.file.families.items():
                self._add_family(name, family)
            for name, model in layer.file.models.items():
                self._add_model(name, model)

    def _add_family(self, name: str, upper: FamilyFile) -> None:
        lower = self.families.get(name)
        if lower and upper.request is not None and upper.request != lower.request:
            self.models = {n: model for n, model in self.models.items() if model.family != name}
            lower = None
        joined = {k: getattr(lower, k) | getattr(upper, k) for k in _JOINED} if lower else {}
        self.families[name] = _over(lower, upper).model_copy(update=joined)

    def _add_model(self, name: str, upper: ModelFile) -> None:
        lower = self.models.get(name)
        if lower and upper.family != lower.family and upper.family in self.families:
            lower = None
        cells = [cell for offer in upper.offers for cell in cells_of(offer)]
        if len(set(cells)) < len(cells):
            self.refuse(("models", name, "offers"), f"{name} offers a cell twice", "keep one of them")
        offers = [*(lower.offers if lower else []), *upper.offers]  # the last that has a cell counts
        self.models[name] = _over(lower, upper).model_copy(update={"offers": offers})

    def refuse(self, steps: Steps, reason: str, remedy: str) -> None:
        """Report it at the line of the deepest key on the way, in the uppermost layer that goes as deep."""
        found = [(*self._place(layer, steps), layer) for layer in self._layers]
        depth = max(depth for depth, _, _ in found)
        place = [place for own, place, _ in found if own == depth][-1]
        self._problems.add(place if depth else Place(self._layers[-1].name), reason, remedy)

    def written(self, steps: Steps) -> Tree | None:
        """What the uppermost layer that goes there has at the end of the steps."""
        for layer in reversed(self._layers):
            tree: Tree | None = layer.root
            for step in steps:
                tree = child(tree, step) if tree is not None else None
            if tree is not None:
                return tree
        return None

    def _place(self, layer: Layer, steps: Steps) -> tuple[int, Place]:
        """How many of the steps the layer goes, and where that is."""
        tree: Tree = layer.root
        place = tree.place
        for depth, step in enumerate(steps):
            found = child(tree, step)
            if found is None:
                return depth, place
            place = tree.places[str(step)] if isinstance(tree, Entries) else found.place
            tree = found
        return len(steps), place


def cells_of(offer: OfferFile) -> list[tuple[int, str]]:
    """Every length and size of an offer."""
    sizes = [offer.size] if isinstance(offer.size, str) else offer.size
    return [(seconds, size) for size in sizes for seconds in _seconds(offer)]


def _seconds(offer: OfferFile) -> Sequence[int]:
    match offer.duration:
        case RangeFile(first=first, last=last):
            return range(first, last + 1)
        case int(seconds):
            return [seconds]
        case seconds:
            return seconds


def _over(lower: _P | None, upper: _P) -> _P:
    """The lower facts, overridden by those that the upper one states."""
    if lower is None:
        return upper
    stated: Mapping[str, object] = {name: getattr(upper, name) for name in upper.model_fields_set}
    return lower.model_copy(update=stated)
