"""A campaign expanded: every legal combination as jobs, every other with the rule that forbids it.

Pure: the same campaign and catalog give the same jobs in the same order. The order of the file changes no id.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from types import MappingProxyType
from typing import Final

from hailuo.campaign.asked import Asked, asked_of
from hailuo.campaign.catalog import Catalog, Model
from hailuo.campaign.fallback import fallbacks_of, substitute_cell
from hailuo.campaign.job import Job, creative_id_of
from hailuo.campaign.legality import cautions, rule_against, settled
from hailuo.campaign.model import SETTING_AXES, Campaign, Cell, Grid, IllegalPolicy, Level, Remark
from hailuo.campaign.portable import SHAPE, framed, in_own_words, takes, without
from hailuo.campaign.prompt import Template, camera_remarks, clean, read_template
from hailuo.campaign.variant import FirstFrame, Variant
from hailuo.errors import Place, Problem
from hailuo.text import quoted, suggestion

_EVERYTHING: Mapping[str, frozenset[str]] = MappingProxyType({})
_PLAIN_NAMES = "write {name} with the plain name of an axis"


@dataclass(frozen=True, slots=True, kw_only=True)
class IllegalCell:
    """A combination that was left out, as labels, with the rule that forbids it."""

    levels: Mapping[str, str]
    rule: Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Expansion:
    """The jobs of a campaign. With problems, `jobs` are only the sound ones: do not buy them.

    `substitutes` may replace a job that failed for good and cost nothing, in the order of `fallback`.
    """

    jobs: tuple[Job, ...]
    substitutes: tuple[Job, ...] = ()
    illegal: tuple[IllegalCell, ...] = ()
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


def expand(
    campaign: Campaign, catalog: Catalog, *, only: Mapping[str, frozenset[str]] = _EVERYTHING
) -> Expansion:
    """Every job of the campaign in file order; `only` keeps the jobs whose labels it names, per axis or `take`."""
    return _Expander(campaign, catalog).expand(only)


TAKE: Final = "take"
"""What `only` may name beside the axes: the number of a clip of its combination."""


def only_problems(
    only: Mapping[str, frozenset[str]], known: Mapping[str, Collection[str]], place: Place
) -> list[Problem]:
    """What `only` names and the campaign does not have; `known` are its values by axis, `take` among them."""
    problems = []
    for name, labels in only.items():
        if name not in known:
            problems.append(
                Problem(place, f"the campaign has no axis {quoted(name)}", suggestion(name, known))
            )
            continue
        values = sorted(known[name], key=lambda label: (len(label), label))
        for label in sorted(labels - set(values)):
            reason = f"the axis '{name}' has no value {quoted(label)}"
            problems.append(Problem(place, reason, suggestion(label, values)))
    return problems


def is_chosen(job: Job, only: Mapping[str, frozenset[str]]) -> bool:
    """Whether the job has one of the labels that `only` names for each axis."""
    own = {TAKE: str(job.take), **job.levels}
    return all(own.get(axis) in labels for axis, labels in only.items())


def _matches(cell: Cell, match: Mapping[str, frozenset[str]]) -> bool:
    return all(axis in cell and cell[axis].label in labels for axis, labels in match.items())


def _labels(cell: Cell) -> dict[str, str]:
    return {axis: level.label for axis, level in cell.items()}


@dataclass(slots=True)
class _Tally:
    """Remarks that are made once each and counted, at the place where they came up first."""

    unit: str
    counted: dict[tuple[str, str], tuple[Place, list[Cell]]] = field(default_factory=dict)

    def add(self, place: Place, remark: tuple[str, str], cell: Cell, *, times: int = 1) -> None:
        """`remark` is reason and remedy; `times` is the number of units that it concerns."""
        self.counted.setdefault(remark, (place, []))[1].extend([cell] * times)

    def problems(self) -> Iterator[tuple[Problem, list[Cell]]]:
        for (reason, remedy), (place, cells) in self.counted.items():
            count = len(cells)
            more = f" ({count:,} {self.unit})" if count > 1 else ""
            yield Problem(place, reason + more, remedy), cells


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """What the settings of a cell decide, whatever its prompt says: worked out once for all cells that share them.

    `spelled` are the levels that the model has other words for. `forbidden` is the rule against it; then the rest is empty.
    """

    model: Model | None
    forbidden: Remark | None = None
    spelled: Mapping[str, Level] = field(default_factory=dict)
    size: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    per_take: Mapping[str, str] = field(default_factory=dict)
    asked: Asked | None = None
    cautions: tuple[Remark, ...] = ()

    def level(self, cell: Cell, axis: str) -> Level | None:
        """The level of one of its cells as the model spells it."""
        return self.spelled.get(axis) or cell.get(axis)


@dataclass(frozen=True, slots=True)
class _Prompt:
    """A prompt that was read; `template` is None where it cannot be.

    `settings` are words of its text that are settings of other models. `whole` is what is sent if it asks for nothing.
    """

    template: Template | None
    fields: frozenset[str] = frozenset()
    settings: frozenset[str] = frozenset()
    whole: str | None = None


class _Expander:
    """Expands one campaign."""

    def __init__(self, campaign: Campaign, catalog: Catalog) -> None:
        self._campaign = campaign
        self._catalog = catalog
        self._problems: set[Problem] = set()
        self._warnings: set[Problem] = set()
        self._illegal = _Tally("combinations")
        self._refused = _Tally("combinations")
        self._irreplaceable = _Tally("combinations")
        self._cautions = _Tally("jobs")
        self._first: dict[str, Cell] = {}
        self._substitutes: list[Job] = []
        self._twins: defaultdict[tuple[Place, str], list[tuple[Cell, Cell]]] = defaultdict(list)
        self._prompts: dict[str, _Prompt] = {}
        self._prompts_checked: set[tuple[str, str, Place]] = set()
        self._kinds: dict[tuple[object, ...], _Kind] = {}
        every = frozenset(name for family in catalog.families.values() for name in family.settings)
        self._parameters, self._words = every & campaign.settings, every - campaign.settings
        self._has_shape_axis = SHAPE in campaign.settings - every
        shapes = {SHAPE} if self._has_shape_axis else set()
        self._deciding = frozenset({*SETTING_AXES, *self._parameters, *shapes} - {"prompt"})

    def expand(self, only: Mapping[str, frozenset[str]]) -> Expansion:
        self._check_only(only)
        jobs = tuple(job for grid in self._campaign.grids for job in self._jobs_of(grid, only))
        illegal: list[IllegalCell] = []
        for rule, cells in self._illegal.problems():
            if self._campaign.illegal is IllegalPolicy.STOP:
                self._problems.add(rule)
            else:
                illegal.extend(IllegalCell(levels=_labels(cell), rule=rule) for cell in cells)
        for tally in (self._refused, self._irreplaceable):
            self._problems.update(problem for problem, _ in tally.problems())
        travels = any(grid.columns for grid in self._campaign.grids)
        twins = (_twin_problem(*key, pairs, has_columns=travels) for key, pairs in self._twins.items())
        self._problems.update(twins)
        self._warnings.update(problem for problem, _ in self._cautions.problems())
        self._check_jobs(jobs, only)
        if self._campaign.fallback and jobs and not self._substitutes and not self._problems:
            reason, place = "fallback: no job has a substitute", self._campaign.fallback[0].model.place
            self._warnings.add(Problem(place, reason, "name another model: a model does not replace itself"))
        if illegal:
            self._warnings.update(
                _lost_levels(jobs, [cell for _, cells in self._illegal.problems() for cell in cells])
            )
        return Expansion(
            jobs=jobs,
            substitutes=tuple(self._substitutes),
            illegal=tuple(illegal),
            problems=tuple(sorted(self._problems)),
            warnings=tuple(sorted(self._warnings)),
        )

    def _check_only(self, only: Mapping[str, frozenset[str]]) -> None:
        if not only:
            return
        place = Place(self._campaign.place.file)
        known: defaultdict[str, set[str]] = defaultdict(set)
        for axis in (axis for grid in self._campaign.grids for axis in grid.axes):
            known[axis.name].update(level.label for level in axis.levels)
        if self._campaign.frames:
            known["first_frame"].update(level.label for level in self._campaign.frames.values())
        for grid in self._campaign.grids if TAKE not in known else ():
            known[TAKE].update(map(str, range(1, (grid.takes or self._campaign.takes) + 1)))
        self._problems.update(only_problems(only, known, place))

    def _jobs_of(self, grid: Grid, only: Mapping[str, frozenset[str]]) -> Iterator[Job]:
        """The jobs of every legal cell of a grid whose clip is not in the campaign yet."""
        for cell in self._cells_of(grid):
            asked = {axis: labels for axis, labels in only.items() if axis != TAKE or axis in cell}
            if any(_matches(cell, match) for match in grid.exclude) or not _matches(cell, asked):
                continue
            kind = self._kind_of(cell)
            if kind.forbidden is not None:
                level = (
                    cell.get(kind.forbidden.axis) or cell[SHAPE]
                )  # only a shape is spelled by another axis
                self._illegal.add(level.place, (kind.forbidden.reason, kind.forbidden.remedy), cell)
                continue
            variant = self._variant(cell, kind)
            variant_id = variant.variant_id if variant else ""
            if variant and self._is_new(cell, kind, variant_id, grid.takes or self._campaign.takes):
                jobs = [
                    job for job in self._takes(cell, kind, variant, variant_id, grid) if is_chosen(job, only)
                ]
                self._add_substitutes(cell, jobs)
                yield from jobs

    def _cells_of(self, grid: Grid) -> Iterator[Cell]:
        """Every combination; of an axis that applies where it is offered, a model without it has one, with no value."""
        firsts = {axis.name: axis.levels[0] for axis in grid.axes}
        for levels in product(*[axis.levels for axis in grid.axes]):
            cell: Cell = {level.axis: level for level in levels}
            model = self._catalog.model(str(cell["model"].value))
            if model is None or not (self._campaign.where_offered or self._campaign.frames):
                yield cell
                continue
            family = self._catalog.family_of(model)
            lacking = [a for a in self._campaign.where_offered & set(cell) if not takes(a, model, family)]
            if all(cell[axis] is firsts[axis] for axis in lacking):
                for axis in lacking:
                    cell = without(cell, axis)
                yield framed(cell, model, family, self._campaign.frames)

    def _kind_of(self, cell: Cell) -> _Kind:
        in_prompt = self._read(cell["prompt"]).settings | self._words
        key: list[object] = [in_prompt]
        for axis, level in cell.items():
            if axis in self._deciding:
                # Of a first frame it only matters whether there is one, but for its shape.
                is_any = axis == "first_frame" and not self._has_shape_axis
                key += (axis, level.label, level.value) if not is_any else (axis, level.value is not None)
        found = self._kinds.get(tuple(key))
        if found is None:
            found = self._kinds[tuple(key)] = self._new_kind(cell, in_prompt)
        return found

    def _new_kind(self, cell: Cell, in_prompt: frozenset[str]) -> _Kind:
        """The cell in the words of its model, or the rule that forbids it."""
        catalog = self._catalog
        model = catalog.model(str(cell["model"].value))
        own = in_own_words(cell, model, catalog, has_shape_axis=self._has_shape_axis) if model else cell
        if isinstance(own, Remark):
            return _Kind(model=model, forbidden=own)
        forbidden = rule_against(own, catalog, in_prompt=in_prompt)
        if model is None or forbidden:
            return _Kind(model=model, forbidden=forbidden)
        family = catalog.family_of(model)
        parameters, size = settled(own, family).labels, str(own["size"].value)
        frame = own["first_frame"].value if "first_frame" in own else None
        shape = cell[SHAPE].value if self._has_shape_axis and SHAPE in cell else None
        order = Variant(
            model=model.name,
            prompt="",
            duration=0,
            size=size,
            first_frame=frame if isinstance(frame, FirstFrame) else None,
            parameters=parameters,
        )
        return _Kind(
            model=model,
            spelled={axis: level for axis, level in own.items() if level is not cell.get(axis)},
            size=size,
            parameters=parameters,
            per_take={n: label for n, label in parameters.items() if family.settings[n].per_take},
            asked=asked_of(order, catalog, shape=None if shape is None else str(shape)),
            cautions=tuple(cautions(own, catalog)),
        )

    def _add_substitutes(self, cell: Cell, jobs: list[Job]) -> None:
        """What may replace these takes of one cell, model by model; a model that cannot render it is a problem."""
        for fallback in fallbacks_of(str(cell["model"].value), self._campaign) if jobs else ():
            name, place = fallback.model.label, fallback.model.place
            other = substitute_cell(cell, fallback, self._campaign, self._catalog)
            kind = self._kind_of(other)
            if (rule := kind.forbidden) is not None:
                value = f"{rule.axis}: VALUE" if rule.axis != "model" else "AXIS: VALUE"
                remedy = f"{rule.remedy}; its own values are written as `fallback: {{{name}: {{{value}}}}}`"
                reason = f"{name} cannot replace {cell['model'].label}: {rule.reason}"
                self._irreplaceable.add(place, (reason, remedy), cell)
                continue
            for caution in kind.cautions:
                self._cautions.add(place, (caution.reason, caution.remedy), cell, times=len(jobs))
            if variant := self._variant(other, kind):
                self._substitutes += (self._substitute(job, other, kind, variant) for job in jobs)

    def _substitute(self, job: Job, cell: Cell, kind: _Kind, variant: Variant) -> Job:
        creative_id = creative_id_of(
            campaign=job.campaign,
            edition=job.edition,
            variant_id=variant.variant_id,
            take=job.take,
            fallback_for=job.creative_id,
        )
        return replace(
            job,
            creative_id=creative_id,
            variant=variant,
            levels=_labels(cell),
            is_control=False,
            asked=kind.asked,
            fallback_for=job.creative_id,
            per_take=self._per_take(kind, job.take),
        )

    def _read(self, prompt: Level) -> _Prompt:
        text = str(prompt.value)
        found = self._prompts.get(text)
        if found is None:
            try:
                template = read_template(text)
                fields = template.fields
                whole = None if fields else clean(template.fill({}))
                found = _Prompt(template, fields, fields & self._parameters, whole)
            except ValueError as error:
                self._problems.add(Problem(prompt.place, str(error), _PLAIN_NAMES))
                found = _Prompt(None)
            self._prompts[text] = found
        return found

    def _variant(self, cell: Cell, kind: _Kind) -> Variant | None:
        """The cell resolved; None when its prompt cannot be sent, which is a problem."""
        prompt = self._prompt(cell, kind)
        if prompt is None or kind.model is None:
            return None
        frame = cell["first_frame"].value if "first_frame" in cell else None
        seconds = cell["duration"].value
        return Variant(
            model=kind.model.name,
            prompt=prompt,
            duration=seconds if isinstance(seconds, int) else 0,
            size=kind.size,
            first_frame=frame if isinstance(frame, FirstFrame) else None,
            parameters=kind.parameters,
        )

    def _prompt(self, cell: Cell, kind: _Kind) -> str | None:
        """The filled prompt; None when it cannot be sent."""
        level, model = cell["prompt"], kind.model
        read = self._read(level)
        if read.template is None or model is None:
            return None
        prompt, lacking = read.whole, frozenset[str]()
        if prompt is None:
            levels = {name: kind.level(cell, name) for name in read.fields}
            values = {n: str(v.value) for n, v in levels.items() if v is not None and v.value is not None}
            lacking = read.fields - values.keys()
            prompt = "" if lacking else clean(read.template.fill(values))
        if prompt and len(prompt) <= model.prompt_limit:
            self._check_camera_commands(prompt, level.place, model)
            return prompt
        name = f"the prompt {quoted(level.label)}"
        if lacking:
            remark = (f"{name} asks for {{{min(lacking)}}}, which has no value here", "give it a value")
        elif not prompt:
            remark = (f"{name} is empty", "write a text")
        else:
            remedy = f"shorten it to {model.prompt_limit:,} characters, with all {{fields}} filled"
            remark = (f"{name} is too long for {model.name}", remedy)
        self._refused.add(level.place, remark, cell)
        return None

    def _check_camera_commands(self, prompt: str, place: Place, model: Model) -> None:
        key = (prompt, model.family, place)
        if "[" in prompt and key not in self._prompts_checked:
            self._prompts_checked.add(key)
            for reason, remedy in camera_remarks(prompt, self._catalog.family_of(model)):
                self._warnings.add(Problem(place, reason, remedy))

    def _is_new(self, cell: Cell, kind: _Kind, variant_id: str, clips: int) -> bool:
        first = self._first.setdefault(variant_id, cell)
        if first is cell:
            for caution in kind.cautions:
                remark = (caution.reason, caution.remedy)
                self._cautions.add(cell[caution.axis].place, remark, cell, times=clips)
            return True
        labels, earlier = _labels(cell), _labels(first)
        differing = sorted(axis for axis in {*first, *cell} if labels.get(axis) != earlier.get(axis))
        self._twins[cell["prompt"].place, ", ".join(differing)].append((first, cell))
        return False

    def _takes(self, cell: Cell, kind: _Kind, variant: Variant, variant_id: str, grid: Grid) -> Iterator[Job]:
        campaign, levels = self._campaign, _labels(cell)
        control = campaign.control
        is_control = bool(control) and all(levels.get(axis) == label for axis, label in control.items())
        for take in range(1, (grid.takes or campaign.takes) + 1):
            creative_id = creative_id_of(
                campaign=campaign.name, edition=campaign.edition, variant_id=variant_id, take=take
            )
            yield Job(
                creative_id=creative_id,
                campaign=campaign.name,
                edition=campaign.edition,
                variant=variant,
                take=take,
                levels=levels,
                is_control=is_control,
                columns=grid.columns,
                synthetic_performer=grid.synthetic_performer,
                ad_name_columns=campaign.ad_name_columns,
                asked=kind.asked,
                per_take=self._per_take(kind, take),
            )

    def _per_take(self, kind: _Kind, take: int) -> Mapping[str, str]:
        if not kind.per_take or kind.model is None:
            return kind.per_take
        settings = self._catalog.family_of(kind.model).settings
        return {name: settings[name].of_take(label, take) for name, label in kind.per_take.items()}

    def _check_jobs(self, jobs: tuple[Job, ...], only: Mapping[str, frozenset[str]]) -> None:
        """What can only be seen once all jobs are known: shared ids, a lost control, no job at all."""
        place = self._campaign.place
        seen: set[str] = set()
        for job in (*jobs, *self._substitutes):
            if job.creative_id in seen:
                reason = f"two jobs share the creative id {job.creative_id}, by chance"
                self._problems.add(Problem(Place(place.file), reason, "rename the edition"))
            seen.add(job.creative_id)
        if self._campaign.control and jobs and not only and not any(job.is_control for job in jobs):
            reason = "control matches no clip after `exclude` and `illegal` are applied"
            self._problems.add(Problem(place, reason, "name another control"))
        if not jobs and not self._problems:
            reason = "no combination is left to render"
            self._problems.add(Problem(place, reason, "change `exclude`, `illegal` or --only"))


def _lost_levels(jobs: tuple[Job, ...], illegal: list[Cell]) -> Iterator[Problem]:
    """A value of an axis all of whose combinations are skipped: it was written to be rendered, and is not."""
    rendered = {pair for job in jobs for pair in job.levels.items()}
    lost = {
        level: None
        for cell in illegal
        for level in cell.values()
        if (level.axis, level.label) not in rendered
    }
    for level in lost:
        count = sum(level in cell.values() for cell in illegal)
        reason = (
            f"no clip has {level.axis} {quoted(level.label)}: all of its {count:,} combinations are skipped"
        )
        yield Problem(level.place, reason, "change what it is combined with, or delete it")


def _twin_problem(
    place: Place, differing: str, pairs: list[tuple[Cell, Cell]], *, has_columns: bool
) -> Problem:
    first, second = (quoted(", ".join(level.label for level in cell.values())) for cell in pairs[0])
    more = f" (and {len(pairs) - 1:,} more pairs)" if len(pairs) > 1 else ""
    if differing in ("", "prompt", "first_frame", "size", SHAPE):
        reason = f"{second} is in the campaign twice, first as {first}{more}"
        more = "; columns that no prompt uses make no other clip" if has_columns else ""
        return Problem(place, reason, f"keep one of them{more}")
    reason = f"{first} and {second} would be identical clips{more}"
    return Problem(place, reason, f"make the prompt differ by {differing}, or exclude all but one")
