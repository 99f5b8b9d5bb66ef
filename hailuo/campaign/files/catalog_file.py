"""catalog.yaml, and a user's own catalog over it, as a Catalog."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from hailuo.campaign.catalog import Catalog, Citation, Family, FirstFrameRule, Model, Offer
from hailuo.campaign.files.document import Entries, Tree, child, plain, read_document
from hailuo.campaign.files.pydantic_errors import Steps, checked, report
from hailuo.campaign.files.text import ProblemList, decode_text, read_text
from hailuo.campaign.model import SETTING_AXES
from hailuo.campaign.prompt import FIELD_NAME
from hailuo.errors import CatalogError, Place
from hailuo.text import quoted, suggestion

_P = TypeVar("_P", bound=BaseModel)

_MOST_BYTES = 1_000_000
_BUILT_IN = "catalog.yaml (built in)"


class CatalogSection(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class SourceFile(CatalogSection):
    """Where facts were found."""

    text: str = Field(description="The document or page.")
    checked: Annotated[date, Field(strict=False, description="The day it was last read, such as 2026-11-22.")]


class FamilyFile(CatalogSection):
    """Models that share a request at the vendor."""

    request: str | None = Field(None, description="The builder of its requests, such as `minimax`.")
    source: str | None = Field(None, description="A name under `sources`.")
    camera_commands: dict[str, str] = Field(
        {}, description="Commands in square brackets: the English spelling, then the Chinese."
    )
    commands_per_bracket: int = Field(3, ge=1, description="How many commands one bracket may hold.")
    parameters: dict[str, list[str]] = Field(
        {}, description="Further settings with their values. An axis of that name is a setting."
    )


class PromptFile(CatalogSection):
    """What a prompt may be."""

    limit: int = Field(ge=1, description="The most characters.")
    source: str = Field(description="A name under `sources`.")


class FirstFrameFile(CatalogSection):
    """Whether a clip may start from a picture."""

    rule: Literal["required", "optional", "none"] = Field(
        description="Whether the model takes a first frame."
    )
    source: str = Field(description="A name under `sources`.")
    warning: str | None = Field(None, description="What the plan warns about.")


class OfferFile(CatalogSection):
    """One length at one size."""

    duration: int = Field(ge=1, le=600, description="The length in whole seconds.")
    size: str = Field(description="The size, such as 768p.")
    price_usd: Annotated[Decimal, Field(strict=False, ge=0, allow_inf_nan=False)] | None = Field(
        None, description="The list price of a clip in US dollars. Without one, nothing is bought."
    )
    source: str = Field(description="A name under `sources`.")
    warning: str | None = Field(None, description="What the plan warns about.")
    warns_without_frame: bool = Field(
        default=False, description="Warn only about clips without a first frame."
    )


class ModelFile(CatalogSection):
    """One model."""

    family: str | None = Field(None, description="A name under `families`.")
    prompt: PromptFile | None = Field(None, description="What a prompt may be.")
    first_frame: FirstFrameFile | None = Field(None, description="Whether a clip may start from a picture.")
    offers: list[OfferFile] = Field([], description="The lengths and sizes that it sells.")


class CatalogFile(CatalogSection):
    """What the vendor offers. Each fact names its source."""

    sources: dict[str, SourceFile] = Field({}, description="Where facts were found, by a name of your own.")
    families: dict[str, FamilyFile] = Field({}, description="Families of models, by name.")
    models: dict[str, ModelFile] = Field({}, description="Models, exactly as the vendor spells them.")


_REMEDIES = {
    "checked": "write a date, such as 2026-11-22",
    "price_usd": "write US dollars, such as 0.28, or null",
    "duration": "write whole seconds, such as 6",
    "limit": "write a number of characters, such as 2000",
    "source": "name an entry of `sources:`",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layer:
    """One catalog file, read."""

    name: str
    root: Entries
    file: CatalogFile


def load_catalog(overlay: Path | None = None) -> Catalog:
    """The built-in catalog, with the facts of `overlay` laid over it.

    Raises: CatalogError with every problem of the overlay.
    """
    problems = ProblemList()
    built_in = files("hailuo.campaign").joinpath("catalog.yaml").read_bytes()
    texts = {_BUILT_IN: decode_text(built_in, Place(_BUILT_IN), problems)}
    if overlay is not None:
        texts[str(overlay)] = read_text(overlay, problems, most_bytes=_MOST_BYTES)
    layers: list[_Layer] = []
    for name, text in texts.items():
        root = read_document(text, Place(name), problems) if text is not None else None
        if root is not None:
            file, complaints = checked(CatalogFile, root, plain(root))
            report(complaints, CatalogFile, _REMEDIES, problems)
            layers += [_Layer(name=name, root=root, file=file)] if file else []
    catalog = _Assembly(layers, problems).catalog()
    if problems.problems:
        raise CatalogError(problems.problems)
    return catalog


class _Assembly:
    """Merges the layers, then checks what needs all of them."""

    def __init__(self, layers: Sequence[_Layer], problems: ProblemList) -> None:
        self._layers = layers
        self._problems = problems
        self._sources: dict[str, SourceFile] = {}
        self._families: dict[str, FamilyFile] = {}
        self._models: dict[str, ModelFile] = {}
        for layer in layers:
            self._sources |= layer.file.sources
            for name, family in layer.file.families.items():
                self._families[name] = _over(self._families.get(name), family)
            for name, model in layer.file.models.items():
                self._models[name] = self._model_over(name, model)

    def catalog(self) -> Catalog:
        families = {name: family for name, f in self._families.items() if (family := self._family(name, f))}
        models = {name: model for name, m in self._models.items() if (model := self._model(name, m))}
        return Catalog(models=models, families=families)

    def _model_over(self, name: str, upper: ModelFile) -> ModelFile:
        lower = self._models.get(name)
        cells = [(offer.duration, offer.size) for offer in upper.offers]
        if len(set(cells)) < len(cells):
            self._refuse(("models", name, "offers"), f"{name} offers a cell twice", "keep one of them")
        kept = [o for o in (lower.offers if lower else []) if (o.duration, o.size) not in cells]
        return _over(lower, upper).model_copy(update={"offers": [*kept, *upper.offers]})

    def _family(self, name: str, file: FamilyFile) -> Family | None:
        steps: Steps = ("families", name)
        for parameter in file.parameters:
            if parameter in SETTING_AXES or not FIELD_NAME.fullmatch(parameter):
                reason = f"the parameter {quoted(parameter)} cannot be an axis of its own"
                self._refuse(steps, reason, "use letters, digits and _, and no name of a setting")
        if file.request is None:
            self._refuse(
                steps, f"the family {name} has no `request`", "name a builder of hailuo.vendor.request"
            )
            return None
        return Family(
            name=name,
            request=file.request,
            camera_commands=(*file.camera_commands, *file.camera_commands.values()),
            commands_per_bracket=file.commands_per_bracket,
            parameters={key: tuple(values) for key, values in file.parameters.items()},
            source=self._source(steps, file.source) if file.source else None,
        )

    def _model(self, name: str, file: ModelFile) -> Model | None:
        steps: Steps = ("models", name)
        family, prompt, frame = file.family, file.prompt, file.first_frame
        if family is None or prompt is None or frame is None or not file.offers:
            facts = {"family": family, "prompt": prompt, "first_frame": frame, "offers": file.offers}
            lacking = ", ".join(key for key, value in facts.items() if not value)
            self._refuse(steps, f"{name} lacks {lacking}", "add it: a new model needs all four")
            return None
        if family not in self._families:
            reason = f"{name} belongs to the unknown family {quoted(family)}"
            self._refuse(steps, reason, suggestion(family, self._families))
            return None
        return Model(
            name=name,
            family=family,
            offers=tuple(
                Offer(**{**dict(offer), "source": self._source(steps, offer.source)}) for offer in file.offers
            ),
            first_frame=FirstFrameRule(frame.rule),
            first_frame_source=self._source(steps, frame.source),
            first_frame_warning=frame.warning,
            prompt_limit=prompt.limit,
            prompt_source=self._source(steps, prompt.source),
        )

    def _source(self, steps: Steps, name: str) -> Citation:
        found = self._sources.get(name)
        if found is None:
            self._refuse(steps, f"unknown source {quoted(name)}", suggestion(name, self._sources))
            return Citation(text=name, checked=date.min)
        return Citation(text=found.text, checked=found.checked)

    def _refuse(self, steps: Steps, reason: str, remedy: str) -> None:
        """Report it at its line in the uppermost layer that has it."""
        place = Place(self._layers[-1].name)
        for layer in self._layers:
            parent: Tree | None = layer.root
            for step in steps[:-1]:
                parent = child(parent, step) if parent else None
            if isinstance(parent, Entries) and steps[-1] in parent:
                place = parent.places[str(steps[-1])]
        self._problems.add(place, reason, remedy)


def _over(lower: _P | None, upper: _P) -> _P:
    """The lower facts, overridden by those that the upper one states."""
    if lower is None:
        return upper
    return lower.model_copy(update={name: getattr(upper, name) for name in upper.model_fields_set})
