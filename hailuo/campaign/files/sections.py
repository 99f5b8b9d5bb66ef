"""Pydantic models that are read from the tree of `document` and know the places of what they hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Self, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    ModelWrapValidatorHandler,
    PlainValidator,
    PrivateAttr,
    Tag,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from hailuo.campaign.files.document import Entries, Items, Scalar, Tree
from hailuo.campaign.model import SyntheticPerformer
from hailuo.errors import Place

LONGEST_DURATION = 600
_NOWHERE = Place("")


def _word(value: object) -> object:
    if not isinstance(value, Scalar) or value.value is None:
        raise PydanticCustomError("word", "not a word")
    if isinstance(value.value, bool):
        raise PydanticCustomError("word_bool", "a yes/no value")
    return value


def _word_or_nothing(value: object) -> object:
    return value if isinstance(value, Scalar) and value.value is None else _word(value)


def _value_or_nothing(value: object) -> object:
    """Any single value: whether yes and no are meant is known once the axis is."""
    return value if isinstance(value, Scalar) else _word(value)


def _seconds(value: object) -> object:
    number = value.value if isinstance(value, Scalar) else None
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= LONGEST_DURATION:
        raise PydanticCustomError("seconds", "not whole seconds")
    return value


def _values(value: object) -> object:
    return (
        [_value_or_nothing(item) for item in value] if isinstance(value, Items) else _value_or_nothing(value)
    )


_WORD = {"type": ["string", "number"]}
_WORD_OR_NULL = {"type": ["string", "number", "null"]}
_VALUE_OR_NULL = {"type": ["string", "number", "boolean", "null"]}
Word = Annotated[Scalar, PlainValidator(_word), WithJsonSchema(_WORD)]
WordOrNothing = Annotated[Scalar | None, PlainValidator(_word_or_nothing), WithJsonSchema(_WORD_OR_NULL)]
ValueOrNothing = Annotated[Scalar | None, PlainValidator(_value_or_nothing), WithJsonSchema(_VALUE_OR_NULL)]
Seconds = Annotated[
    Scalar,
    PlainValidator(_seconds),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": LONGEST_DURATION}),
]
Matched = Annotated[
    Scalar | list[Scalar],
    PlainValidator(_values),
    WithJsonSchema({"anyOf": [_VALUE_OR_NULL, {"type": "array", "items": _VALUE_OR_NULL}]}),
]


def form(value: object) -> str:
    """The tag of a value that may be a word or a mapping."""
    return "<entry>" if isinstance(value, dict) else "<word>"


def _count(value: object) -> str:
    return "<many>" if isinstance(value, list) else "<one>"


_T = TypeVar("_T")
Some = Annotated[
    Annotated[_T, Tag("<one>")] | Annotated[Annotated[list[_T], Field(min_length=1)], Tag("<many>")],
    Discriminator(_count),
]


def _unwrapped(tree: Tree) -> object:
    """A scalar, or a list of scalars, as pydantic expects it; mappings unwrap their own values."""
    if isinstance(tree, Items):
        return [item.value if isinstance(item, Scalar) else item for item in tree]
    return tree.value if isinstance(tree, Scalar) else tree


class Section(BaseModel):
    """A mapping of the file that knows its place and those of its keys."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)
    kept_as_written: ClassVar[frozenset[str]] = frozenset()
    _place: Place = PrivateAttr(
        default_factory=lambda: _NOWHERE
    )  # a default itself is copied for each section
    _places: Mapping[str, Place] = PrivateAttr(default_factory=dict)

    @model_validator(mode="wrap")
    @classmethod
    def _keep_places(cls, tree: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if not isinstance(tree, Entries):
            return handler(tree)
        section = handler({k: v if cls.keeps(k) else _unwrapped(v) for k, v in tree.items()})
        return section.placed(tree.place, tree.places)

    def placed(self, place: Place, places: Mapping[str, Place]) -> Self:
        """The section itself, once it knows where it and its keys are."""
        self._place, self._places = place, places
        return self

    @classmethod
    def keeps(cls, key: str) -> bool:
        """Whether the values under the key stay `Scalar`."""
        return key in cls.kept_as_written

    @property
    def place(self) -> Place:
        """Where the mapping begins."""
        return self._place

    def place_of(self, key: str) -> Place:
        """Where the key is; the place of the mapping for a key that is not written."""
        return self._places.get(key, self._place)

    @property
    def refused_keys(self) -> set[str]:
        """The keys that the file has but whose values were refused."""
        return set(self._places) - self.model_fields_set


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenAxes:
    """A product of axes as it is written: the matrix, a row of a sheet, or a row of `include`.

    `places` are those of the names. `exclude` does not touch a row of `include`. `loose` are cells of a sheet whose
    columns are no settings: they fill {name} in the prompts, or `columns` has them: they only travel with the row.
    `order` is that of the cells which are not empty.
    """

    axes: Mapping[str, tuple[Scalar, ...]]
    places: Mapping[str, Place]
    place: Place
    is_include: bool = False
    takes: int | None = None
    disclosure: SyntheticPerformer | None = None
    loose: Mapping[str, Scalar] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)

    def place_of(self, name: str) -> Place:
        """Where the name of the axis is; the place of the product for an axis that is not written in it."""
        return self.places.get(name, self.place)


class AxesSection(Section):
    """A mapping whose keys are axes, each with one value or with several."""

    model_config = ConfigDict(extra="allow")

    @classmethod
    def keeps(cls, key: str) -> bool:
        return True

    @property
    def axes(self) -> dict[str, tuple[Scalar, ...]]:
        """The values of every axis, in the order of the file."""
        names = [name for name in self._places if name in self.model_fields_set and self.keeps(name)]
        written = {name: getattr(self, name) for name in names}
        return {name: tuple(v) if isinstance(v, list) else (v,) for name, v in written.items()}

    def written(self, place: Place, *, is_include: bool = False, takes: int | None = None) -> WrittenAxes:
        """The section as a product of axes that begins at `place`."""
        return WrittenAxes(
            axes=self.axes, places=self._places, place=place, is_include=is_include, takes=takes
        )
