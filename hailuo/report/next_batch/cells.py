"""Any combination of a campaign's levels: the job it would be, whether it may be rendered, and its price."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

import pandas as pd

from hailuo.campaign.catalog import Catalog
from hailuo.campaign.expand import expand
from hailuo.campaign.job import Job
from hailuo.campaign.model import Axis, Campaign, Grid, IllegalPolicy, Level
from hailuo.campaign.pricing import PriceKey, quote

Labels = Mapping[str, str]

_NONE: Final = "none"
_REQUIRED: Final = frozenset({"prompt", "model", "duration", "size"})


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
        self._levels: dict[str, dict[str, Level]] = {}
        for axis in (axis for grid in campaign.grids for axis in grid.axes):
            for level in axis.levels:
                self._levels.setdefault(axis.name, {}).setdefault(level.label, level)
        for level in campaign.frames.values():
            self._levels.setdefault(level.axis, {}).setdefault(level.label, level)
        jobs = expand(replace(campaign, illegal=IllegalPolicy.SKIP), catalog).jobs
        self._known = {job.variant.variant_id: _key(self._without_absent(job.levels)) for job in jobs}
        single = {axis: next(iter(labels)) for axis, labels in self._levels.items() if len(labels) == 1}
        given = (constant or {}).items()
        self._constant = single | {
            axis: label for axis, label in given if label in self._levels.get(axis, {})
        }
        self._found: dict[frozenset[tuple[str, str]], Resolved | None] = {}

    @property
    def parameters(self) -> frozenset[str]:
        """Axes that are settings of some family of models."""
        return self._campaign.settings

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
        """US dollars of one take, the higher of list price and last charge; None where neither is known.

        A new edition is admitted by list prices: a batch that was counted by lower charges would exceed its budget.
        """
        resolved = self.resolve(labels)
        if resolved is None:
            return None
        variant = resolved.job.variant
        quotes = (quote(variant, self._catalog, known).price_usd for known in ({}, self._charged))
        return max((price for price in quotes if price is not None), default=None)

    def _without_absent(self, labels: Labels) -> dict[str, str]:
        """Without "none" where no level says so: what a row or a model does not have, and others vary."""
        return {
            axis: label
            for axis, label in labels.items()
            if label != _NONE or _NONE in self._levels.get(axis, {})
        }

    def _resolved(self, labels: Labels) -> Resolved | None:
        wanted = self._without_absent({**self._constant, **labels})
        known = {axis: label for axis, label in wanted.items() if label in self._levels.get(axis, {})}
        if known != wanted or not known.keys() >= _REQUIRED:
            return None
        levels = {axis: self._levels[axis][label] for axis, label in known.items()}
        axes = tuple(Axis(name=axis, levels=(levels[axis],)) for axis in self._levels if axis in levels)
        alone = replace(
            self._campaign, grids=(Grid(axes=axes),), takes=1, control={}, illegal=IllegalPolicy.SKIP
        )
        made = expand(alone, self._catalog)
        if made.problems or not made.jobs:
            return None
        is_excluded = any(
            all(known.get(axis) in names for axis, names in match.items())
            for grid in self._campaign.grids
            for match in grid.exclude
        )
        # Of several new names for one clip the first that is asked for is kept: a batch buys it once.
        job, key = made.jobs[0], _key(known)
        if job.variant.variant_id not in self._known and not is_excluded:
            self._known[job.variant.variant_id] = key
        return Resolved(levels=levels, job=job) if self._known.get(job.variant.variant_id) == key else None


def charged_prices(rows: pd.DataFrame) -> Mapping[PriceKey, Decimal]:
    """The vendor's last charge for a model, length and size, by the manifest."""
    paid = rows[rows["cost_actual"].notna()]
    ordered = paid.assign(_at=paid["completed_at"].fillna("")).sort_values("_at", kind="stable")
    columns = (ordered[name] for name in ("model", "duration_req", "size_req", "params", "cost_actual"))
    return {
        PriceKey(str(model), int(duration), str(size), _settings(params)): Decimal(str(cost))
        for model, duration, size, params, cost in zip(*columns, strict=True)
    }


def _settings(params: object) -> tuple[tuple[str, str], ...]:
    """A cell of the manifest's column `params` as part of a price's key."""
    return tuple(sorted(params.items())) if isinstance(params, Mapping) else ()


def prices_paid(rows: pd.DataFrame) -> Mapping[frozenset[tuple[str, str]], Decimal]:
    """The cost of a take of each combination of a manifest, by its labels: as charged, else as estimated."""
    costs = rows["cost_actual"].where(rows["cost_actual"].notna(), rows["cost_est"])
    prices = {}
    for factors, cost in zip(rows["factors"], costs, strict=True):
        if isinstance(factors, Mapping) and cost is not None and not pd.isna(cost):
            labels = {axis: _NONE if label is None else str(label) for axis, label in factors.items()}
            prices[_key(labels)] = Decimal(str(cost))
    return prices


def constant_labels(rows: pd.DataFrame) -> Labels:
    """The label of every axis that is the same in all rows of a manifest: `factors` has only those that vary."""
    columns: dict[str, list[object]] = {
        "prompt": rows["prompt_id"].tolist(),
        "model": rows["model"].tolist(),
        "duration": rows["duration_req"].tolist(),
        "size": rows["size_req"].tolist(),
        "first_frame": rows["first_frame_id"].fillna(_NONE).tolist(),
    }
    for axis in dict.fromkeys(axis for labels in rows["prompt_vars"] for axis in labels):
        columns[axis] = [labels.get(axis) for labels in rows["prompt_vars"]]
    return {axis: str(values[0]) for axis, values in columns.items() if len(set(values)) == 1}


def _key(labels: Labels) -> frozenset[tuple[str, str]]:
    return frozenset(labels.items())
