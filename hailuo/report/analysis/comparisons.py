"""Each creative against the control, or against all the others where there is none."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from hailuo.report.analysis.experiment import Comparison
from hailuo.report.findings import Difference, Interval
from hailuo.report.stats.effects import benjamini_hochberg, holm, relative
from hailuo.report.stats.intervals import lift, newcombe, two_sample_p
from hailuo.report.stats.sequential import confidence_sequence, sequence_interval, sequential_p


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arm:
    """Creatives taken together: what was counted, and sums of trials times phi and of its squares over the freedoms, from
    which both of the arm follow.
    """

    creatives: int
    events: float
    trials: float
    wide: float
    tails: float

    @property
    def phi(self) -> float:
        """By which the counts are divided."""
        return self.wide / self.trials

    @property
    def counts(self) -> tuple[float, float]:
        """Events and trials that are worth as much in a world of pure chance."""
        return self.events / self.phi, self.trials / self.phi

    def without(self, other: "_Arm") -> "_Arm":
        """The others."""
        return _Arm(
            creatives=self.creatives - other.creatives,
            events=max(0.0, self.events - other.events),
            trials=self.trials - other.trials,
            wide=self.wide - other.wide,
            tails=max(0.0, self.tails - other.tails),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """An arm and its reference; `horizon` as in `Comparison`, of all arms."""

    arm: _Arm
    reference: _Arm
    horizon: float | None

    @property
    def value(self) -> float:
        """The rate compared with."""
        return self.reference.events / self.reference.trials

    @property
    def counts(self) -> tuple[float, float, float, float]:
        """Of both, each divided by its phi."""
        return *self.arm.counts, *self.reference.counts

    @property
    def looks(self) -> float | None:
        """The horizon in trials that count."""
        if self.horizon is None:
            return None
        counted = self.arm.counts[1] + self.reference.counts[1]
        return self.horizon * counted / (self.arm.trials + self.reference.trials)

    @property
    def freedom(self) -> float:
        """Welch's, of a difference whose parts have their own."""
        parts = [(one.wide / one.trials**2, one.tails / one.trials**4) for one in (self.arm, self.reference)]
        tails = sum(tail for _, tail in parts)
        return float(sum(wide for wide, _ in parts) ** 2 / tails) if tails else math.inf

    @property
    def p_value(self) -> float:
        """Of two equal rates."""
        if self.looks is None:
            return two_sample_p(*self.counts, freedom=self.freedom)
        return sequential_p(*self.counts, horizon=self.looks)


def compare(comparison: Comparison, *, confidence: float) -> list[Difference | None]:
    """One per position, in the metric's unit; None for the control itself, and where there is nothing to compare with.

    Several takes of the control count together. Against it Holm's adjustment, against the others that of Benjamini
    and Hochberg: the first is a decision, the second a screen.
    """
    everybody = range(len(comparison.creatives))
    control = [at for at in everybody if comparison.creatives[at].is_control]
    reference = _arm(comparison, control or everybody)
    pairs: list[_Pair | None] = []
    for at in everybody:
        one = _arm(comparison, [at])
        other = reference if control else reference.without(one)
        alone = at in control or other.trials <= 0
        pairs.append(None if alone else _pair(comparison, one, other))
    found = [None if pair is None else _difference(pair, confidence) for pair in pairs]
    adjust = holm if control else benjamini_hochberg
    adjusted = iter(adjust([one.p_value for one in found if one is not None]))
    return [
        None
        if one is None or pair is None
        else comparison.scale.difference(replace(one, p_adjusted=next(adjusted)), pair.value)
        for one, pair in zip(found, pairs, strict=True)
    ]


def pairwise_p(comparison: Comparison, one: Sequence[int], other: Sequence[int]) -> float:
    """The p-value of the positions together being equal to the others together, always valid where the test is read
    again and again.
    """
    return _pair(comparison, _arm(comparison, one), _arm(comparison, other)).p_value


def against_others_p(comparison: Comparison, positions: Sequence[int]) -> list[float]:
    """Of each of the positions against all the others."""
    everybody = _arm(comparison, range(len(comparison.creatives)))
    arms = (_arm(comparison, [at]) for at in positions)
    pairs = ((one, everybody.without(one)) for one in arms)
    return [_pair(comparison, *pair).p_value for pair in pairs if pair[1].trials > 0]


def _arm(comparison: Comparison, positions: Sequence[int]) -> _Arm:
    at = list(positions)
    wide = comparison.trials[at] * comparison.phi[at]
    return _Arm(
        creatives=len(at),
        events=float(comparison.events[at].sum()),
        trials=float(comparison.trials[at].sum()),
        wide=float(wide.sum()),
        tails=float((wide**2 / comparison.freedom[at]).sum()),
    )


def _pair(comparison: Comparison, arm: _Arm, reference: _Arm) -> _Pair:
    horizon = comparison.horizon and comparison.horizon * (arm.creatives + reference.creatives)
    return _Pair(arm=arm, reference=reference, horizon=horizon)


def _difference(pair: _Pair, confidence: float) -> Difference | None:
    lifted, lift_interval = lift(*pair.counts, confidence=confidence)
    interval: Interval | None
    if pair.looks is None:
        interval = newcombe(*pair.counts, confidence=confidence)
    else:
        interval = confidence_sequence(*pair.counts, horizon=pair.looks, confidence=confidence)
        effect = relative(*pair.counts)
        lift_interval = None
        if effect is not None:
            lift_interval = sequence_interval(effect, horizon=pair.looks, confidence=confidence)
    if interval is None:
        return None
    return Difference(
        value=pair.arm.events / pair.arm.trials - pair.value,
        interval=interval,
        lift=lifted,
        lift_interval=lift_interval,
        p_value=pair.p_value,
        p_adjusted=pair.p_value,
    )
