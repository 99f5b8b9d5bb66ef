"""What a campaign could render: any combination of its levels, resolved, legal or not, and priced."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import pandas as pd

from hailuo.campaign.catalog import Catalog
from hailuo.campaign.expand import expand
from hailuo.campaign.job import Job
from hailuo.campaign.model import Axis, Campaign, Grid, IllegalPolicy, Level
from hailuo.campaign.pricing import PriceKey, quote

Labels = Mapping[str, str]

_NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """One combination with the level of every axis, and the job that it would be."""

    levels: Mapping[str, Level]
    job: Job


class Cells:
    """Combinations of a campaign's levels, by their labels. `constant` fills in axes that a combination leaves out.

    A combination is legal when the campaign has it, or when it breaks no rule of the catalog, is left out by no
    `exclude` of the file, and would render something that the campaign does not render under another name.
    """

    def __init__(
        self,
        campaign: Campaign,
        catalog: Catalog,
        *,
        constant: Labels | None = None,
        charged: Mapping[PriceKey, Decimal] | None = None,
    ) -> None:
        self._campaign = campaign
        self._catalog = catalog
        self._charged = charged or {}
        self._levels = _levels_of(campaign)
        jobs = expand(replace(campaign, illegal=IllegalPolicy.SKIP), catalog).jobs
        self._known = {job.variant.variant_id: _key(job.levels) for job in jobs}
        self._constant = _constant_of(self._levels, constant or {})
        self._found: dict[frozenset[tuple[str, str]], Resolved | None] = {}

    @property
    def parameters(self) -> frozenset[str]:
        """Axes that are settings of some family of models."""
        return frozenset(name for family in self._catalog.families.values() for name in family.parameters)

    def resolve(self, labels: Labels) -> Resolved | None:
        """The combination of these labels; None where it is none, or is not legal."""
        key = _key(labels)
        if key not in self._found:
            self._found[key] = self._resolved(labels)
        return self._found[key]

    def is_legal(self, labels: Labels) -> bool:
        """Whether the combination may be rendered."""
        return self.resolve(labels) is not None

    def price_of(self, labels: Labels) -> Decimal | None:
        """US dollars of one take, the dearer of list price and last charge; None where neither is known.

        A new edition is admitted by list prices: a batch that was counted by lower charges would exceed its budget.
        """
        resolved = self.resolve(labels)
        if resolved is None:
            return None
        quotes = (
            quote(resolved.job.variant, self._catalog, known).price_usd for known in ({}, self._charged)
        )
        return max((price for price in quotes if price is not None), default=None)

    def _resolved(self, labels: Labels) -> Resolved | None:
        levels = self._levels_for(labels)
        if levels is None or _lacks(levels):
            return None
        names = {axis: level.label for axis, level in levels.items()}
        job = self._job(levels)
        if job is None:
            return None
        # Of several new names for one clip the first that is asked for stands: a batch buys it once.
        is_new = job.variant.variant_id not in self._known and not self._is_excluded(names)
        if is_new:
            self._known[job.variant.variant_id] = _key(names)
        is_it = self._known.get(job.variant.variant_id) == _key(names)
        return Resolved(levels=levels, job=job) if is_it else None

    def _levels_for(self, labels: Labels) -> Mapping[str, Level] | None:
        wanted = {
            axis: label for axis, label in {**self._constant, **labels}.items() if self._is_said(axis, label)
        }
        found = {axis: self._levels.get(axis, {}).get(label) for axis, label in wanted.items()}
        levels = {axis: level for axis, level in found.items() if level is not None}
        return levels if len(levels) == len(wanted) else None

    def _is_said(self, axis: str, label: str) -> bool:
        """Reports call it "none" where a row of the file says nothing of an axis that others vary."""
        return label != _NONE or _NONE in self._levels.get(axis, {})

    def _job(self, levels: Mapping[str, Level]) -> Job | None:
        axes = tuple(
            Axis(name=axis, levels=(level,))
            for axis, level in sorted(levels.items(), key=lambda item: list(self._levels).index(item[0]))
        )
        alone = replace(
            self._campaign,
            grids=(Grid(axes=axes),),
            takes=1,
            control={},
            illegal=IllegalPolicy.SKIP,
        )
        made = expand(alone, self._catalog)
        return made.jobs[0] if made.jobs and not made.problems else None

    def _is_excluded(self, labels: Labels) -> bool:
        return any(
            all(labels.get(axis) in names for axis, names in match.items())
            for grid in self._campaign.grids
            for match in grid.exclude
        )


def charged_prices(rows: pd.DataFrame) -> Mapping[PriceKey, Decimal]:
    """What the vendor charged last for a model, length and size, by the manifest."""
    paid = rows[rows["cost_actual"].notna()]
    ordered = paid.assign(_at=paid["completed_at"].fillna("")).sort_values("_at", kind="stable")
    return {
        PriceKey(str(row["model"]), int(row["duration_req"]), str(row["size_req"])): Decimal(
            str(row["cost_actual"])
        )
        for row in ordered.to_dict("records")
    }


def prices_paid(rows: pd.DataFrame) -> Mapping[frozenset[tuple[str, str]], Decimal]:
    """What a take of each combination of a manifest cost, by its labels: as charged, else as estimated."""
    costs = rows["cost_actual"].where(rows["cost_actual"].notna(), rows["cost_est"])
    pairs = zip(rows["factors"], costs, strict=True)
    return {
        _key({axis: _NONE if label is None else str(label) for axis, label in factors.items()}): Decimal(
            str(cost)
        )
        for factors, cost in pairs
        if isinstance(factors, Mapping) and cost is not None and not pd.isna(cost)
    }


def constant_labels(rows: pd.DataFrame) -> Labels:
    """The label of every axis that is the same in all rows of a manifest: `factors` names only those that vary."""
    columns: dict[str, list[object]] = {
        "prompt": rows["prompt_id"].tolist(),
        "model": rows["model"].tolist(),
        "duration": rows["duration_req"].tolist(),
        "size": rows["size_req"].tolist(),
        "first_frame": rows["first_frame_id"].fillna(_NONE).tolist(),
    }
    own = {axis: [labels.get(axis) for labels in rows["prompt_vars"]] for axis in _own_axes(rows)}
    seen = {axis: set(values) for axis, values in {**columns, **own}.items()}
    return {axis: str(next(iter(values))) for axis, values in seen.items() if len(values) == 1}


def _own_axes(rows: pd.DataFrame) -> Iterable[str]:
    return dict.fromkeys(axis for labels in rows["prompt_vars"] for axis in labels)


def _levels_of(campaign: Campaign) -> Mapping[str, Mapping[str, Level]]:
    levels: dict[str, dict[str, Level]] = {}
    for axis in (axis for grid in campaign.grids for axis in grid.axes):
        for level in axis.levels:
            levels.setdefault(axis.name, {}).setdefault(level.label, level)
    return levels


def _constant_of(levels: Mapping[str, Mapping[str, Level]], constant: Labels) -> Labels:
    """What fills in: the label that never varied; an axis of one level; no first frame."""
    single = {axis: next(iter(labels)) for axis, labels in levels.items() if len(labels) == 1}
    known = {axis: label for axis, label in constant.items() if label in levels.get(axis, {})}
    return {**single, **known}


def _lacks(levels: Mapping[str, Level]) -> Sequence[str]:
    return [axis for axis in ("prompt", "model", "duration", "size") if axis not in levels]


def _key(labels: Labels) -> frozenset[tuple[str, str]]:
    return frozenset(labels.items())
