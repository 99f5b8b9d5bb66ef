"""catalog.yaml, and a user's own catalog over it, as a Catalog. All of it is checked here, before anything is planned."""

from collections.abc import Sequence
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path

from hailuo.campaign.catalog import (
    Catalog,
    Citation,
    Family,
    FirstFrameRule,
    Model,
    Offer,
    Price,
    Trust,
)
from hailuo.campaign.files.catalog_family import FamilyReader
from hailuo.campaign.files.catalog_layers import Layer, Layers, cells_of
from hailuo.campaign.files.catalog_price import read_price
from hailuo.campaign.files.catalog_schema import CatalogFile, FamilyFile, ModelFile
from hailuo.campaign.files.document import plain, read_document
from hailuo.campaign.files.pydantic_errors import Steps, checked, report
from hailuo.campaign.files.text import ProblemList, decode_text, read_text
from hailuo.errors import CatalogError, Place
from hailuo.text import quoted, suggestion

_MOST_BYTES = 1_000_000
_BUILT_IN = "catalog.yaml (built in)"
_REMEDIES = {
    "checked": "write a date, such as 2026-11-22",
    "price_usd": "write US dollars, such as 0.28, or null",
    "duration": "write whole seconds, such as 6",
    "limit": "write a number of characters, such as 2000",
    "source": "name an entry of `sources:`",
    "request": "write the body as a mapping, or a name under `requests:`",
    "values": "write a list, such as [true, false]",
    "when": "write {setting: value}",
    "because": "write the reason",
    "audio": "write always, never or {setting: audio}",
    "fps": "write frames per second, such as 24",
    "pixels": "write {720p: [1280, 720]}, or {720p: {16:9: [1280, 720]}}",
}


def load_catalog(overlay: Path | None = None) -> Catalog:
    """The built-in catalog, with the facts of `overlay` laid over it.

    Raises: CatalogError with every problem of the overlay.
    """
    if overlay is None:
        return _built_in_catalog()
    problems = ProblemList()
    text = read_text(overlay, problems, most_bytes=_MOST_BYTES)
    layer = _layer(str(overlay), text, problems) if text is not None else None
    return _catalog([_built_in_layer(), layer] if layer else [_built_in_layer()], problems)


@cache
def _built_in_catalog() -> Catalog:
    return _catalog([_built_in_layer()], ProblemList())


@cache
def _built_in_layer() -> Layer:
    problems = ProblemList()
    content = files("hailuo.campaign").joinpath("catalog.yaml").read_bytes()
    text = decode_text(content, Place(_BUILT_IN), problems)
    layer = _layer(_BUILT_IN, text, problems) if text is not None else None
    if layer is None or problems.problems:
        raise CatalogError(problems.problems)
    return layer


def _layer(name: str, text: str, problems: ProblemList) -> Layer | None:
    root = read_document(text, Place(name), problems)
    if root is None:
        return None
    file, complaints = checked(CatalogFile, root, plain(root))
    report(complaints, CatalogFile, _REMEDIES, problems)
    return Layer(name=name, root=root, file=file) if file else None


def _catalog(layers: Sequence[Layer], problems: ProblemList) -> Catalog:
    catalog = _Assembly(Layers(layers, problems)).catalog()
    if problems.problems:
        raise CatalogError(problems.problems)
    return catalog


class _Assembly:
    """Makes families and models of the merged sections, and checks what needs all of them."""

    def __init__(self, layers: Layers) -> None:
        self._layers = layers
        self._families: dict[str, Family] = {}

    def catalog(self) -> Catalog:
        reader = FamilyReader(self._layers, cite=self._source)
        for name, file in self._layers.families.items():
            source = self._source(("families", name, "source"), file.source) if file.source else None
            if family := reader.read(name, file, source):
                self._families[name] = family
        models = {name: model for name, m in self._layers.models.items() if (model := self._model(name, m))}
        for name, family in self._families.items():
            reader.check_models(family, [model for model in models.values() if model.family == name])
        return Catalog(models=models, families=self._families, tiers=self._layers.tiers)

    def _model(self, name: str, file: ModelFile) -> Model | None:
        steps: Steps = ("models", name)
        family, prompt, frame = file.family, file.prompt, file.first_frame
        if family is None or prompt is None or frame is None or not file.offers:
            facts = {"family": family, "prompt": prompt, "first_frame": frame, "offers": file.offers}
            lacking = ", ".join(key for key, value in facts.items() if not value)
            self._layers.refuse(steps, f"{name} lacks {lacking}", "add it: a new model needs all four")
            return None
        if family not in self._layers.families:
            reason = f"{name} belongs to the unknown family {quoted(family)}"
            self._layers.refuse(steps, reason, suggestion(family, self._layers.families))
            return None
        return Model(
            name=name,
            family=family,
            offers=self._offers(steps, file),
            first_frame=FirstFrameRule(frame.rule),
            first_frame_source=self._source(steps, frame.source),
            first_frame_warning=frame.warning,
            upload_model=file.upload_model,
            prompt_limit=prompt.limit,
            prompt_source=self._source(steps, prompt.source),
            price=self._price(steps, file),
            trust=self._trust(file, self._layers.families[family]),
        )

    def _offers(self, steps: Steps, file: ModelFile) -> tuple[Offer, ...]:
        """One for each length and size; what is offered again replaces the earlier offer."""
        cells: dict[tuple[int, str], Offer] = {}
        for written in file.offers:
            source = self._source(steps, written.source)
            for duration, size in cells_of(written):
                cells.pop((duration, size), None)
                cells[duration, size] = Offer(
                    duration=duration,
                    size=size,
                    price_usd=written.price_usd,
                    source=source,
                    warning=written.warning,
                    warns_without_frame=written.warns_without_frame,
                )
        return tuple(cells.values())

    def _price(self, steps: Steps, file: ModelFile) -> Price | None:
        family = self._families.get(file.family or "")
        if file.price is None or family is None:
            return None
        source = self._source((*steps, "price", "source"), file.price.source)
        return read_price(self._layers, (*steps, "price"), file, family, source)

    def _trust(self, file: ModelFile, family: FamilyFile) -> Trust:
        return Trust(file.trust or family.trust or Trust.DOCUMENTED)

    def _source(self, steps: Steps, name: str) -> Citation:
        found = self._layers.sources.get(name)
        if found is None:
            self._layers.refuse(
                steps, f"unknown source {quoted(name)}", suggestion(name, self._layers.sources)
            )
            return Citation(text=name, checked=date.min)
        return Citation(text=found.text, checked=found.checked)
