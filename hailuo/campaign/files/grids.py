"""The written axes as Grids: defaults filled in, every value a Level, the axes checked against the prompts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from hailuo.campaign.catalog import Catalog, Trust
from hailuo.campaign.files.axis_words import is_not_sent, meant_axis
from hailuo.campaign.files.document import Scalar
from hailuo.campaign.files.levels import LevelReader
from hailuo.campaign.files.prompt_book import PromptBook
from hailuo.campaign.files.schema import CampaignFile, Control, Exclusion
from hailuo.campaign.files.sections import AxesSection, WrittenAxes
from hailuo.campaign.files.sheet_rows import alternatives
from hailuo.campaign.files.text import ProblemList
from hailuo.campaign.model import SETTING_AXES, Axis, Fallback, Grid, Level
from hailuo.campaign.portable import NOTHING, SHAPE, has_shape, is_ratio
from hailuo.campaign.prompt import FIELD_NAME
from hailuo.campaign.variant import FirstFrame
from hailuo.sheets import key_of
from hailuo.text import nearest, quoted, suggestion

_REQUIRED = ("prompt", "model", "duration", "size")
_GIVE = "give it here, or once for all under `defaults:` of a YAML file"
_UNFILLABLE = frozenset({"prompt", "first_frame"})
_OF_THE_JOB = frozenset({SHAPE, "first_frame"})
"""What a substitute has of the job that it replaces, whatever its model varies elsewhere in the file."""

Match = Mapping[str, frozenset[str]]


class GridBuilder:
    """Builds the grids of one campaign, and looks up the values that its `exclude` and `control` name."""

    def __init__(
        self,
        file: CampaignFile,
        products: Sequence[WrittenAxes],
        *,
        faulty_axes: Iterable[str],
        catalog: Catalog,
        problems: ProblemList,
    ) -> None:
        """`faulty_axes` had a value refused: whatever else is odd about them probably follows from that."""
        defaults = file.defaults.axes
        some_frames = bool(file.frames.axes) or any("first_frame" in p.axes for p in products)
        has_frames = "first_frame" not in defaults and some_frames
        self._file = file
        self._faulty_axes = set(faulty_axes)
        self._problems = problems
        prompts = [
            (p.is_include, raw)
            for p in products
            for raw in p.axes.get("prompt") or defaults.get("prompt", ())
        ]
        self._book = PromptBook(
            [raw for is_include, raw in prompts if not is_include],
            [raw for is_include, raw in prompts if is_include],
            problems,
        )
        models = {
            raw.content or "" for p in products for raw in p.axes.get("model") or defaults.get("model", ())
        }
        models |= {raw.content or "" for raw, _ in file.fallbacks}
        folder, trust = Path(file.place.file).parent, Trust(file.trust)
        self._levels = LevelReader(catalog, models, folder, self._book, problems, trust=trust)
        shapes = {SHAPE} if self._levels.has_shape_axis else set()
        self.settings = frozenset({*self._levels.settings, *shapes})
        """The axes that are settings of some model of the campaign, and `shape` where it orders shapes."""
        self._settings = (*SETTING_AXES, *self._levels.settings, *shapes)
        self._of_others = {name for f in catalog.families.values() for name in f.settings} - self.settings
        self._uses: dict[str, str | None] = {}
        self._sheet = products
        settled = [self._settled(product, has_frames=has_frames) for product in products]
        self._written = [_filled(product, defaults, has_frames=has_frames) for product in settled]
        self._labels: dict[str, dict[str, str]] = {}
        self.frames: dict[str, Level] = {}
        self.fallback: tuple[Fallback, ...] = ()
        self.where_offered: frozenset[str] = frozenset()
        self._products: list[Grid] = []
        self._rows: list[Grid] = []

    @property
    def products(self) -> Sequence[WrittenAxes]:
        """The products with defaults, and with the columns of sheets that fill a prompt as axes."""
        return self._written

    def _settled(self, product: WrittenAxes, *, has_frames: bool) -> WrittenAxes:
        """With every loose cell as an axis, or as a column that only travels with its row; the order stays."""
        if not product.order:
            return product
        axes, places, columns = product.axes, product.places, dict(product.columns)
        for name, cell in product.loose.items():
            if name not in self._uses:
                self._uses[name] = self._use_of(name, has_frames=has_frames)
            use = self._uses[name]
            if use is None:
                columns[name] = cell.text
            else:
                axes = {**axes, use: alternatives(name, cell, self._problems)}
                places = places if use == name else {**places, use: product.place_of(name)}
        in_order = {a: axes[a] for name in product.order if (a := self._uses.get(name) or name) in axes}
        return WrittenAxes(
            axes={**in_order, **axes} if len(in_order) < len(axes) else in_order,
            places=places,
            place=product.place,
            is_include=product.is_include,
            takes=product.takes,
            disclosure=product.disclosure,
            order=product.order,
            columns=columns,
        )

    def _use_of(self, name: str, *, has_frames: bool) -> str | None:
        """The axis that a column of a sheet is; None where it only travels. A name that is nearly an axis is one."""
        if self._book.fields is None:  # not known: a prompt cannot be read, which is a problem of its own
            return name if FIELD_NAME.fullmatch(name) else None
        known = {*self._settings, *self._book.fields}
        if not self._all_ratios(SHAPE):
            known.discard(SHAPE)  # a column of other shapes only travels
        same = {key_of(one): one for one in known}
        if key_of(name) in same:
            return same[key_of(name)]
        if is_not_sent(name):
            return name
        if meant_axis(name) == "first_frame" and name != "first_frame" and not has_frames:
            return name
        return name if nearest(name, known) else None

    def _all_ratios(self, name: str) -> bool:
        """Whether every cell of a sheet's column is a shape, or several with `|`."""
        cells = [
            cell.text for p in self._sheet for own, cell in p.loose.items() if key_of(own) == key_of(name)
        ]
        words = (word.strip() for text in cells for word in text.split("|"))
        return all(is_ratio(word) or word == NOTHING for word in words)

    def build(self) -> tuple[tuple[Grid, ...], Mapping[str, str]]:
        """Every grid that is sound enough to be expanded, and the labels of the baseline (`control`)."""
        self._check_axes()
        self._read_frames()
        self._check_applies()
        self.fallback = tuple(self._fallbacks())
        for written in self._written:
            if grid := self._grid(written):
                (self._rows if written.is_include else self._products).append(grid)
        excludes = [match for section in self._file.exclude if (match := self._excluded(section))]
        matching = [tuple(m for m in excludes if _meets(grid, m)) for grid in self._products]
        products = [
            replace(grid, exclude=m) if m else grid for grid, m in zip(self._products, matching, strict=True)
        ]
        return (*products, *self._rows), self._control(self._file.control)

    def _read_frames(self) -> None:
        """The first frames by shape; each has its shape, and something asks for one."""
        written = self._file.frames
        if written.axes and not any(SHAPE in product.axes for product in self._written):
            reason = "`frames` are for the axis `shape`, which the file does not have"
            self._problems.add(
                self._file.place_of("frames"), reason, f'add `{SHAPE}: ["{next(iter(written.axes))}"]`'
            )
        for ratio, (raw,) in written.axes.items():
            place = written.place_of(ratio)
            if not is_ratio(ratio):
                self._problems.add(place, f"frames: {quoted(ratio)} is no shape", 'write "9:16": FILE')
                continue
            level = self._levels.read("first_frame", raw, may_refer=False)
            frame = level.value if level else None
            if level is None or not isinstance(frame, FirstFrame):
                continue
            if has_shape(frame, ratio) is False:
                reason = f"the first frame {quoted(level.label)} is {frame.width}x{frame.height}, not {ratio}"
                self._problems.add(place, reason, "name a picture of that shape")
            self.frames[ratio] = level
            labels = self._labels.setdefault("first_frame", {})
            labels |= {level.label: level.label, raw.content or NOTHING: level.label}

    def _check_applies(self) -> None:
        """Every axis that applies where it is offered is one that a model may lack."""
        known = {*self._levels.settings, "first_frame"}
        for name in self._file.applies.axes:
            if name not in known:
                reason = f"applies: {quoted(name)} is no setting that a model may lack"
                self._problems.add(self._file.applies.place_of(name), reason, suggestion(name, sorted(known)))
        self.where_offered = frozenset(self._file.applies.axes) & known

    def _fallbacks(self) -> Iterator[Fallback]:
        """The models that replace others, each once; one of `models` has the length, the size and the settings of its block."""
        known = {"duration", "size", "first_frame", *self.settings}
        seen = set[str]()
        for raw, section in self._file.fallbacks:
            model = self._levels.read("model", raw, may_refer=False)
            if model is None:
                continue
            if model.label in seen:
                reason = f"fallback: {quoted(model.label)} is listed twice"
                self._problems.add(raw.place, reason, "keep one of them")
                continue
            seen.add(model.label)
            block, written = self._file.models.sections.get(model.label), section.axes if section else {}
            shared = {
                n: raws for n, raws in (block.axes if block else {}).items() if n in known - _OF_THE_JOB
            }
            for axis in sorted(written.keys() - known):
                reason = f"fallback: a substitute has the {axis} of the job that it replaces"
                self._problems.add(section.place_of(axis) if section else raw.place, reason, "remove it")
            own = {axis: raws for axis, raws in {**shared, **written}.items() if axis in known}
            levels = {
                axis: tuple(level for one in raws if (level := self._levels.read(axis, one, may_refer=False)))
                for axis, raws in own.items()
            }
            yield Fallback(model=model, own={axis: found for axis, found in levels.items() if found})

    def _check_axes(self) -> None:
        """Report and remove every axis that nothing uses; then report every axis that is missing."""
        used = None if "prompt" in self._faulty_axes else self._book.fields
        places = {name: raws[0].place for name, raws in self._file.defaults.axes.items()}
        for written in self._written:
            if not written.axes.keys() <= places.keys():
                places = {name: written.place_of(name) for name in written.axes} | places
        known = {*self._settings, *(used or ())}
        unused = {name for name in places if name not in known} if used is not None else set()
        for name in sorted(unused):
            meant = meant_axis(name, known)
            self._faulty_axes |= {name, meant or name}
            if name in self._of_others:
                reason = f"no model of the campaign takes the setting {quoted(name)}"
                remedy = "remove it, or add a model that takes it"
            else:
                reason, remedy = _unused(name, meant)
            self._problems.add(places[name], reason, remedy)
        if unused:
            kept = [{n: raws for n, raws in p.axes.items() if n not in unused} for p in self._written]
            self._written = [replace(p, axes=axes) for p, axes in zip(self._written, kept, strict=True)]
        for axis in _REQUIRED:
            if axis not in self._faulty_axes:
                self._check_presence(axis)

    def _check_presence(self, axis: str) -> None:
        for is_include in (False, True):
            products = [p for p in self._written if p.is_include is is_include]
            lacking = [p for p in products if axis not in p.axes]
            everywhere = len(lacking) == len(products) > 1
            where = " in any row" if everywhere else ""
            for product in lacking[:1] if everywhere else lacking:
                self._problems.add(product.place, f"no value for the axis '{axis}'{where}", _GIVE)

    def _grid(self, written: WrittenAxes) -> Grid | None:
        axes = [self._axis(written, name, raws) for name, raws in written.axes.items()]
        built = [axis for axis in axes if axis and axis.levels]
        if len(built) < len(axes) or set(_REQUIRED) - set(written.axes) or not self._can_fill(written, built):
            return None
        return Grid(
            axes=tuple(built),
            takes=written.takes,
            columns=written.columns,
            synthetic_performer=written.disclosure,
        )

    def _axis(self, written: WrittenAxes, name: str, raws: Sequence[Scalar]) -> Axis | None:
        if not FIELD_NAME.fullmatch(name):
            reason = f"the axis name {quoted(name)} is not plain"
            self._problems.add(written.place_of(name), reason, "use letters, digits and _")
            return None
        levels: dict[str, Level] = {}
        for raw in raws:
            level = self._levels.read(name, raw, may_refer=written.is_include)
            if level is None:
                self._faulty_axes.add(name)
                continue
            labels, text = self._labels.setdefault(name, {}), raw.content
            labels[level.label] = level.label
            labels.setdefault(NOTHING if text is None else text, level.label)
            first = levels.setdefault(level.label, level)
            if first is not level:
                reason = f"{name}: {quoted(level.label)} is listed twice (first on line {first.place.line})"
                self._problems.add(level.place, reason, "keep one of them")
        return Axis(name=name, levels=tuple(levels.values()))

    def _can_fill(self, written: WrittenAxes, axes: Sequence[Axis]) -> bool:
        """Whether every field of every prompt has an axis in this grid; what has none is a problem."""
        prompts = next(axis for axis in axes if axis.name == "prompt").levels
        if not any(self._book.fields_of(str(p.value)) for p in prompts):
            return True
        names = {axis.name for axis in axes} - _UNFILLABLE
        lacking = [(p, name) for p in prompts for name in sorted(self._book.fields_of(str(p.value)) - names)]
        for prompt, name in lacking:
            if name not in self._faulty_axes:
                place = written.place if written.is_include else prompt.place
                self._problems.add(place, *self._lacking_field(prompt, name, names))
        return not lacking

    def _lacking_field(self, prompt: Level, name: str, names: Iterable[str]) -> tuple[str, str]:
        """Reason and remedy."""
        if name in _UNFILLABLE:
            return f"{{{name}}} cannot be used in a prompt", "write an axis of your own"
        own = sorted(set(names) - set(self._settings))
        is_near = nearest(name, own) is not None
        remedy = suggestion(name, own) if is_near else f"add the axis '{name}', or write {{{{ and }}}}"
        return f"the prompt {quoted(prompt.label)} asks for {{{name}}}, which is not an axis here", remedy

    def _excluded(self, section: Exclusion) -> Match | None:
        """The labels to leave out; None when the section is unsound."""
        if not section.axes:
            reason = "an empty exclude would remove everything"
            self._problems.add(section.place, reason, "name an axis, or remove it")
            return None
        match = self._match(section)
        if match is not None and not any(_meets(grid, match) for grid in self._products):
            self._problems.warn(section.place, "this exclude matches nothing", "correct it, or remove it")
        return match

    def _control(self, section: Control) -> Mapping[str, str]:
        """The labels of the baseline; empty when the section is empty or unsound."""
        match = self._match(section)
        if not match:
            return {}
        if not any(_meets(grid, match) for grid in (*self._products, *self._rows)):
            reason = "control matches no clip"
            self._problems.add(section.place, reason, "name one combination of the matrix")
            return {}
        return {axis: next(iter(labels)) for axis, labels in match.items()}

    def _match(self, section: AxesSection) -> Match | None:
        found = {axis: list(self._known_labels(axis, raws)) for axis, raws in section.axes.items()}
        if any(label is None for labels in found.values() for label in labels):
            return None
        return {axis: frozenset(str(label) for label in labels) for axis, labels in found.items()}

    def _known_labels(self, axis: str, raws: Sequence[Scalar]) -> Iterator[str | None]:
        """The label of every value; None with a problem where the campaign has no such value."""
        labels = self._labels.get(axis, {})
        for raw in raws:
            text = NOTHING if raw.content is None else raw.content
            label = labels.get(text) or (labels.get(text.casefold()) if axis == "size" else None)
            if label is None and axis not in self._faulty_axes:
                if axis in self._labels:
                    reason = f"the axis '{axis}' has no value {quoted(text)}"
                    remedy = suggestion(text, tuple(dict.fromkeys(labels.values())))
                else:
                    reason = f"the campaign has no axis {quoted(axis)}"
                    remedy = suggestion(axis, tuple(self._labels))
                self._problems.add(raw.place, reason, remedy)
            yield label


def _unused(name: str, meant: str | None) -> tuple[str, str]:
    """Reason and remedy for an axis that no prompt uses; `meant` is a known name that it resembles."""
    if is_not_sent(name):
        reason = f"{quoted(name)} cannot be ordered: how the vendor is asked for it is not known"
        return reason, "remove it; docs/reference/unknown-facts.md says what would settle it"
    if meant:
        return f"unknown axis {quoted(name)}", f"did you mean '{meant}'?"
    if not FIELD_NAME.fullmatch(name):
        reason = f"{quoted(name)} is no name of an axis: a comma or colon in a text begins a new one"
        return reason, "enclose the whole text in quotes"
    reason = f"no prompt uses the axis {quoted(name)}: it would buy identical clips"
    return reason, f"write {{{name}}} into a prompt, or remove the axis"


def _meets(grid: Grid, match: Match) -> bool:
    """Whether some cell of the grid matches."""
    axes = {axis.name: axis for axis in grid.axes}
    return all(
        name in axes and any(level.label in labels for level in axes[name].levels)
        for name, labels in match.items()
    )


def _filled(
    product: WrittenAxes, defaults: Mapping[str, tuple[Scalar, ...]], *, has_frames: bool
) -> WrittenAxes:
    """With the defaults, and where another product has first frames, with none: every cell has the same axes."""
    if not has_frames and product.axes.keys() >= defaults.keys():
        return product
    none = {"first_frame": (Scalar("", None, product.place),)} if has_frames else {}
    further = {name: raws for name, raws in {**none, **defaults}.items() if name not in product.axes}
    return replace(product, axes={**product.axes, **further}) if further else product
