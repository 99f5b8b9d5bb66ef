"""Written grids as Grids: defaults filled in, every value a Level, the axes held against the prompts."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from hailuo.campaign.catalog import Catalog
from hailuo.campaign.files.findings import Findings
from hailuo.campaign.files.levels import LevelReader
from hailuo.campaign.files.prompt_book import PromptBook
from hailuo.campaign.files.sheet import NOTHING, RawGrid, RawValue, Sheet
from hailuo.campaign.model import SETTING_AXES, Axis, Level
from hailuo.campaign.prompt import FIELD_NAME, clean, read_template
from hailuo.errors import Place
from hailuo.text import nearest, quoted, suggestion

_REQUIRED = ("prompt", "model", "duration", "size")
_GIVE = "give it here, or once for all under `defaults:` of a YAML file"
_UNFILLABLE = frozenset({"prompt", "first_frame"})


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltGrid:
    """A grid's axes, and their labels as sets for matching."""

    axes: tuple[Axis, ...]
    labels: Mapping[str, frozenset[str]]
    place: Place
    is_include: bool
    takes: int | None = None


@dataclass(slots=True)
class _Vocabulary:
    """What values are called: written text (or label) to label, per axis."""

    labels: dict[str, dict[str, str]] = field(default_factory=dict)

    def learn(self, level: Level, raw: RawValue) -> None:
        names = self.labels.setdefault(level.axis, {})
        names[level.label] = level.label
        names.setdefault(NOTHING if raw.text is None else raw.text, level.label)


class GridBuilder:
    """Builds the grids of one sheet; `names` and `tainted` serve those who look values up afterwards."""

    def __init__(self, sheet: Sheet, catalog: Catalog, folder: Path, findings: Findings) -> None:
        self.tainted = set(sheet.tainted)
        self._sheet = sheet
        self._findings = findings
        self._grids = [
            _with_defaults(grid, sheet.defaults) for grid in _with_frames(sheet.grids, sheet.defaults)
        ]
        self._levels = LevelReader(catalog, folder, self._book(), findings)
        self._settings = (*SETTING_AXES, *self._levels.parameters)
        self._fields: dict[str, frozenset[str]] = {}
        self._vocabulary = _Vocabulary()

    @property
    def names(self) -> Mapping[str, Mapping[str, str]]:
        """Per axis: a value as written, or its label, to its label."""
        return self._vocabulary.labels

    def build(self) -> tuple[BuiltGrid, ...]:
        """Every grid that is sound enough to be expanded."""
        self._check_axes()
        return tuple(built for grid in self._grids if (built := self._built(grid)))

    def _book(self) -> PromptBook:
        written = [raw for grid in self._grids if not grid.is_include for raw in grid.axes.get("prompt", ())]
        mentions = [raw for grid in self._grids if grid.is_include for raw in grid.axes.get("prompt", ())]
        return PromptBook(written, mentions, self._findings)

    def _check_axes(self) -> None:
        used = self._used_fields()
        odd = self._odd_axes(used) if used is not None else {}
        self._grids = [_without(grid, odd) for grid in self._grids]
        meant = {name for name in odd.values() if name}
        for axis in _REQUIRED:
            if axis not in meant | self.tainted:
                self._check_presence(axis)

    def _used_fields(self) -> frozenset[str] | None:
        """Every field that some prompt asks for; None where a prompt cannot be read, so nobody knows."""
        texts = {
            raw.text for grid in self._grids for raw in grid.axes.get("prompt", ()) if raw.text is not None
        }
        try:
            found = [self._fields_of(clean(text)) for text in texts]
        except ValueError:
            return None
        return None if "prompt" in self.tainted else frozenset().union(*found)

    def _fields_of(self, text: str) -> frozenset[str]:
        if text not in self._fields:
            self._fields[text] = read_template(text).fields
        return self._fields[text]

    def _odd_axes(self, used: frozenset[str]) -> Mapping[str, str | None]:
        """Every axis that nothing uses, which is a problem, with the axis that was probably meant."""
        odd: dict[str, str | None] = {}
        for name, place in self._axis_places().items():
            if name not in self._settings and name not in used:
                odd[name] = nearest(name, {*self._settings, *used})
                self._report_odd(place, name, odd[name])
        return odd

    def _report_odd(self, place: Place, name: str, meant: str | None) -> None:
        self.tainted.add(name)
        if meant:
            self.tainted.add(meant)
            self._findings.problem(place, f"unknown axis {quoted(name)}", f"did you mean '{meant}'?")
            return
        reason = f"no prompt uses the axis {quoted(name)}: it would buy identical clips"
        self._findings.problem(place, reason, f"write {{{name}}} into a prompt, or remove the axis")

    def _axis_places(self) -> Mapping[str, Place]:
        places = {name: raw.place for name, raw in self._sheet.defaults.items()}
        for grid in self._grids:
            for name in grid.axes:
                if name not in places:
                    places[name] = grid.places.get(name, grid.place)
        return places

    def _check_presence(self, axis: str) -> None:
        for is_include in (False, True):
            grids = [grid for grid in self._grids if grid.is_include is is_include]
            lacking = [grid for grid in grids if axis not in grid.axes]
            everywhere = len(lacking) == len(grids) > 1
            for grid in lacking[:1] if everywhere else lacking:
                where = " in any row" if everywhere else ""
                self._findings.problem(grid.place, f"no value for the axis '{axis}'{where}", _GIVE)

    def _built(self, grid: RawGrid) -> BuiltGrid | None:
        axes = [self._axis(grid, name, raws) for name, raws in grid.axes.items()]
        if any(axis is None or not axis.levels for axis in axes) or set(_REQUIRED) - set(grid.axes):
            return None
        built = [axis for axis in axes if axis]
        if not self._can_fill(grid, built):
            return None
        labels = {axis.name: frozenset(level.label for level in axis.levels) for axis in built}
        return BuiltGrid(
            axes=tuple(built),
            labels=labels,
            place=grid.place,
            is_include=grid.is_include,
            takes=grid.takes,
        )

    def _axis(self, grid: RawGrid, name: str, raws: Sequence[RawValue]) -> Axis | None:
        place = grid.places.get(name, grid.place)
        if not FIELD_NAME.fullmatch(name):
            self._findings.problem(
                place, f"the axis name {quoted(name)} is not plain", "use letters, digits and _"
            )
            return None
        levels: dict[str, Level] = {}
        for raw in raws:
            level = self._levels.read(name, raw, may_refer=grid.is_include)
            if level is None:
                self.tainted.add(name)
                continue
            self._vocabulary.learn(level, raw)
            self._add(levels, level)
        return Axis(name=name, levels=tuple(levels.values()), place=place)

    def _add(self, levels: dict[str, Level], level: Level) -> None:
        first = levels.setdefault(level.label, level)
        if first is not level:
            reason = f"{level.axis}: {quoted(level.label)} is listed twice (first on line {first.place.line})"
            self._findings.problem(level.place, reason, "keep one of them")

    def _can_fill(self, grid: RawGrid, axes: Sequence[Axis]) -> bool:
        """Whether every field of every prompt has an axis in this grid; what has none is a problem."""
        names = {axis.name for axis in axes} - _UNFILLABLE
        prompts = next(axis for axis in axes if axis.name == "prompt").levels
        lacking = [(p, name) for p in prompts for name in sorted(self._fields_of(str(p.value)) - names)]
        for prompt, name in lacking:
            self._report_field(grid.place if grid.is_include else prompt.place, prompt, name, names)
        return not lacking

    def _report_field(self, place: Place, prompt: Level, name: str, names: Iterable[str]) -> None:
        if name in self.tainted:
            return
        reason = f"the prompt {quoted(prompt.label)} asks for {{{name}}}, which is no axis here"
        if name in _UNFILLABLE:
            self._findings.problem(place, f"{{{name}}} cannot stand in a prompt", "write an axis of your own")
            return
        own = sorted(set(names) - set(self._settings))
        remedy = (
            suggestion(name, own) if nearest(name, own) else f"add the axis '{name}', or write {{{{ and }}}}"
        )
        self._findings.problem(place, reason, remedy)


def _with_defaults(grid: RawGrid, defaults: Mapping[str, RawValue]) -> RawGrid:
    further = {name: (raw,) for name, raw in defaults.items() if name not in grid.axes}
    return replace(grid, axes={**grid.axes, **further}) if further else grid


def _with_frames(grids: Sequence[RawGrid], defaults: Mapping[str, RawValue]) -> Sequence[RawGrid]:
    """Where one grid has first frames, the others say that they have none: every cell has the same axes."""
    if "first_frame" in defaults or not any("first_frame" in grid.axes for grid in grids):
        return grids
    return [_with_defaults(grid, {"first_frame": RawValue(None, grid.place)}) for grid in grids]


def _without(grid: RawGrid, names: Collection[str]) -> RawGrid:
    if not names:
        return grid
    return replace(grid, axes={name: raws for name, raws in grid.axes.items() if name not in names})
