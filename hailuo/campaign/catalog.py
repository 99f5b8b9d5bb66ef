"""What the vendor offers: models, their cells, prices and rules. Each fact has its source.

The data is `catalog.yaml`; `hailuo.campaign.files.load_catalog` reads it, and a user's own file over it. Code knows only
kinds of facts: a body, a setting, a rule, a shape. No family has code of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

Wire = str | int | bool
"""A value as it is sent, in its own JSON type."""

_YES = frozenset({"yes", "true", "on"})
_NO = frozenset({"no", "false", "off"})

FIELDS = ("model", "prompt", "duration", "size", "first_frame")
"""What every body may send beside the settings of its family."""


class FirstFrameRule(StrEnum):
    """Whether a model takes a first frame."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    NONE = "none"


class Trust(StrEnum):
    """How well the facts of a model are known, the best first."""

    VERIFIED = "verified"  # a charge or an answer of your own
    DOCUMENTED = "documented"  # the vendor's documents, or several users agree
    REPORTED = "reported"  # one source, or another seller of the model
    GUESSED = "guessed"  # no source says so

    def reaches(self, least: "Trust") -> bool:
        """Whether facts of this trust are accepted where at least `least` is asked."""
        return _TRUST[self] <= _TRUST[least]


_TRUST: Final = {trust: number for number, trust in enumerate(Trust)}


class Billing(StrEnum):
    """When the vendor takes the price."""

    AT_SUBMIT = "at_submit"
    AT_END = "at_end"


class People(StrEnum):
    """How pictures of people are sent."""

    INLINE = "inline"  # like every picture
    ASSETS = "assets"  # registered first


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """Where a fact was found, and when it was last checked."""

    text: str
    checked: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One cell that a model sells: a duration (seconds) at a size, with its list price.

    `warning` is not None where the sources disagree. The cell is legal, and the plan shows the warning.
    With `warns_without_frame` the warning is only about clips without a first frame.
    """

    duration: int
    size: str
    price_usd: Decimal | None
    source: Citation
    warning: str | None = None
    warns_without_frame: bool = False


class PriceKind(StrEnum):
    """What a price is for."""

    CLIP = "usd"
    SECOND = "usd_per_second"
    TOKENS = "usd_per_million_video_tokens"  # width x height x frames / 1024, with one frame more than fps x seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """The list price of every cell of a model, by a formula. US dollars.

    `rates` are by size, and of a price per clip by `size/seconds`. `times` and `plus` are what a value of a setting
    multiplies and adds, by setting and label; a label that is not named changes nothing.
    """

    kind: PriceKind
    rates: Mapping[str, Decimal]
    times: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)
    plus: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)
    source: Citation

    def amount(
        self, *, duration: int, size: str, settings: Mapping[str, str], tokens: Decimal | None
    ) -> Decimal | None:
        """US dollars of a clip; None where a rate, the `tokens` of the clip or a setting that the price names is not known."""
        rate = self.rates.get(f"{size}/{duration}" if self.kind is PriceKind.CLIP else size)
        if rate is None or not {*self.times, *self.plus} <= settings.keys():
            return None
        match self.kind:
            case PriceKind.CLIP:
                usd = rate
            case PriceKind.SECOND:
                usd = rate * duration
            case PriceKind.TOKENS if tokens is None:
                return None
            case PriceKind.TOKENS:
                usd = rate * tokens / 1_000_000
        for name, factors in self.times.items():
            usd *= factors.get(settings[name], Decimal(1))
        return usd + sum(
            (added.get(settings[name], Decimal(0)) for name, added in self.plus.items()), Decimal(0)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One model: what it offers and what it requires of a request.

    `upload_model` is under what its pictures are registered, where its family wants that.
    """

    name: str
    family: str
    offers: tuple[Offer, ...]
    first_frame: FirstFrameRule
    first_frame_source: Citation
    first_frame_warning: str | None = None
    prompt_limit: int
    prompt_source: Citation
    price: Price | None = None
    trust: Trust = Trust.DOCUMENTED
    upload_model: str | None = None

    def offer(self, *, duration: int, size: str) -> Offer | None:
        """The cell sold for this duration and size, or None."""
        matches = (o for o in self.offers if (o.duration, o.size) == (duration, size))
        return next(matches, None)


def label_of(value: Wire) -> str:
    """What files, reports and ids call a value: `true`, `5`, `16:9`."""
    return str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A further setting of a family: one of `values`, or a whole number from `lowest` to `highest`.

    `default` is the label of what a clip gets where a campaign says nothing; None where that is not known. With
    `is_always_sent` every body has the setting: one without a default must be given by the campaign. With `per_take` each
    further take of a variant has the next number. `trust` and `source` are those of the setting, where they are not those
    of its model.
    """

    name: str
    values: tuple[Wire, ...] = ()
    lowest: int | None = None
    highest: int | None = None
    default: str | None = None
    is_always_sent: bool = False
    wire: Mapping[str, Wire] = field(default_factory=dict)
    per_take: bool = False
    trust: Trust | None = None
    source: Citation | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """The label of each value; of a range only the ends."""
        if self.lowest is None or self.highest is None:
            return tuple(map(label_of, self.values))
        return (str(self.lowest), str(self.highest))

    @property
    def choices(self) -> tuple[str, ...]:
        """What a remedy names."""
        return (f"a whole number from {self.lowest} to {self.highest}",) if not self.values else self.labels

    def read(self, text: str) -> str | None:
        """The label that a written value means, or None: `on` is `true` for a setting of yes and no."""
        if not self.values:
            digits = text.removeprefix("-")
            is_number = digits.isascii() and digits.isdigit() and len(digits) <= 18
            return str(int(text)) if is_number and self._holds(int(text)) else None
        if text in self.labels:
            return text
        answer = True if text.lower() in _YES else False if text.lower() in _NO else None
        return label_of(answer) if answer is not None and self._has_flag(answer) else None

    def sent(self, label: str) -> Wire:
        """The value that a body holds for a label. Raises: KeyError for a label that the setting does not have."""
        if label in self.wire:
            return self.wire[label]
        return {label_of(value): value for value in self.values}[label] if self.values else int(label)

    def of_take(self, label: str, take: int) -> str:
        """The label that a take has where the campaign gave `label`: counted on, and from the lowest after the highest."""
        if not self.per_take or self.lowest is None or self.highest is None:
            return label
        return str(self.lowest + (int(label) - self.lowest + take - 1) % (self.highest - self.lowest + 1))

    def _holds(self, number: int) -> bool:
        return self.lowest is not None and self.highest is not None and self.lowest <= number <= self.highest

    def _has_flag(self, answer: bool) -> bool:
        return any(value is answer for value in self.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A combination that the vendor does not make. `when` names every condition that must hold for it.

    A condition is a field or a setting with the labels that it forbids; `set` means any value and `none` no value.
    `fix` says what a setting becomes where the campaign did not write it; None leaves it out.
    """

    when: Mapping[str, frozenset[str]]
    because: str
    fix: Mapping[str, str | None] = field(default_factory=dict)

    def matches(self, order: Mapping[str, str]) -> bool:
        """Whether the rule forbids these labels by field and setting; what is absent has none."""
        return all(
            ("none" in labels) if name not in order else ("set" in labels or order[name] in labels)
            for name, labels in self.when.items()
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipShape:
    """How a clip gets its shape: by a setting, by its first frame, or as the family makes it (`native`, as 16:9)."""

    setting: str | None = None
    native: str | None = None
    from_frame: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Audio:
    """Whether clips have sound: always, never, or as `setting` says; unknown where both are None."""

    always: bool | None = None
    setting: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The pace that a family bears; None where nothing is known."""

    submits_per_minute: int | None = None
    in_flight: int | None = None
    first_poll_s: float | None = None
    deadline_s: float | None = None


Pixels = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Models that share a request at the vendor.

    `request` is the body as a template, see `hailuo.campaign.body_template`; an axis named like one of `settings` is
    that setting. `camera_commands` are the bracket commands that the family knows, in its own spelling. `pixels` are
    width and height by size and shape; the shape is "" where all shapes of a size have them. `size_words` is how a body
    spells a size, where that is not its name.
    """

    name: str
    request: Mapping[str, object]
    is_strict: bool = False
    camera_commands: tuple[str, ...] = ()
    commands_per_bracket: int = 3
    settings: Mapping[str, Setting] = field(default_factory=dict)
    size_words: Mapping[str, str] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    shape: ClipShape | None = None
    audio: Audio = Audio()
    fps: float | None = None
    pixels: Mapping[tuple[str, str], Pixels] = field(default_factory=dict)
    codecs: Mapping[str, str] = field(default_factory=dict)
    billing: Billing = Billing.AT_SUBMIT
    people: People = People.INLINE
    limits: Limits = Limits()
    source: Citation | None = None

    def settle(self, given: Mapping[str, str], *, duration: int, size: str, has_frame: bool) -> "Settled":
        """The settings of an order: what the campaign gave, known defaults, and what rules make of those.

        What the campaign gave never changes. A default that is not sent counts as not given, so that one clip has
        one set of labels.
        """
        fixed = {"duration": str(duration), "size": size} | ({"first_frame": "set"} if has_frame else {})
        order = {n: s.default for n, s in self.settings.items() if s.default is not None} | dict(given)
        decided = set[str]()
        for rule in self.rules:
            if rule.matches(order | fixed):
                for name in rule.fix.keys() - given.keys():
                    decided.add(name)
                    order.pop(name, None)
                    label = rule.fix[name]
                    order |= {} if label is None else {name: label}
        missing = {n for n, s in self.settings.items() if s.is_always_sent} - order.keys() - decided
        return Settled(
            labels={n: label for n, label in sorted(order.items()) if not self._is_left_out(n, label)},
            broken=tuple(rule for rule in self.rules if rule.matches(order | fixed)),
            missing=tuple(sorted(missing)),
        )

    def box(self, size: str, settings: Mapping[str, str]) -> Pixels | None:
        """Width and height of a clip without a first frame; the largest of its size where its shape is not known."""
        shape = self.shape
        label = (settings.get(shape.setting or "") or shape.native or "") if shape else ""
        boxes = {ratio: box for (own, ratio), box in self.pixels.items() if own == size}
        known = boxes.get(label) or boxes.get("")
        return known or max(boxes.values(), key=lambda box: box[0] * box[1], default=None)

    def video_tokens(self, *, duration: int, size: str, settings: Mapping[str, str]) -> Decimal | None:
        """What a price per token counts; None where pixels or frames per second are not known."""
        box = self.box(size, settings)
        if box is None or self.fps is None:
            return None
        return Decimal(box[0] * box[1] * (round(self.fps * duration) + 1)) / 1024

    def _is_left_out(self, name: str, label: str) -> bool:
        setting = self.settings.get(name)
        return setting is not None and not setting.is_always_sent and setting.default == label


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The label of every setting that is sent, by name; the rules that forbid the order all the same; and the settings
    that are always sent and for which nothing gives a value.
    """

    labels: Mapping[str, str]
    broken: tuple[Rule, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """Every model and family known, by name. `tiers` are sizes that are alike, by `sd`, `hd` and `fullhd`."""

    models: Mapping[str, Model]
    families: Mapping[str, Family]
    tiers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def model(self, name: str) -> Model | None:
        return self.models.get(name)

    def family_of(self, model: Model) -> Family:
        return self.families[model.family]
