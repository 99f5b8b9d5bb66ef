"""Each creative against the control, or against all the others where there is none."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from hailuo.report.analysis.experiment import Comparison
from hailuo.report.findings import Difference, Interval
from hailuo.report.stats.effects import relative
from hailuo.report.stats.intervals import lift, newcombe, two_sample_p
from hailuo.report.stats.multiplicity import benjamini_hochberg, holm
from hailuo.report.stats.sequential import confidence_sequence, sequence_interval, sequential_p


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """Events and trials of an arm and of its reference, worth their phi-th part; `horizon` as in `Comparison`, of all."""

    events: float
    trials: float
    ref_events: float
    ref_trials: float
    phi: float
    horizon: float | None

    @property
    def reference(self) -> float:
        """The rate compared with."""
        return self.ref_events / self.ref_trials

    def counts(self) -> tuple[float, float, float, float]:
        """As they were counted."""
        return self.events, self.trials, self.ref_events, self.ref_trials


def compare(comparison: Comparison, *, confidence: float) -> list[Difference | None]:
    """One per position, in the metric's unit; None for the control itself, and where there is nothing to compare with.

    Several takes of the control count together. Against it Holm's adjustment, against the others that of Benjamini
    and Hochberg: the first is a decision, the second a screen.
    """
    pairs = _pairs(comparison)
    found = [None if pair is None else _difference(pair, confidence) for pair in pairs]
    adjusted = _adjusted(found, holm if _control(comparison) else benjamini_hochberg)
    return [
        None if one is None or pair is None else comparison.scale.difference(one, pair.reference)
        for one, pair in zip(adjusted, pairs, strict=True)
    ]


def pairwise_p(comparison: Comparison, one: int, other: int) -> float:
    """The p-value of two positions being equal, always valid where the contest is watched."""
    return _p(_pair(comparison, [one], [other]))


def _control(comparison: Comparison) -> list[int]:
    return [at for at, one in enumerate(comparison.creatives) if one.is_control]


def _pairs(comparison: Comparison) -> list[_Pair | None]:
    control, everybody = _control(comparison), len(comparison.creatives)
    if control:
        return [None if at in control else _pair(comparison, [at], control) for at in range(everybody)]
    return [_against_others(comparison, at) if everybody > 1 else None for at in range(everybody)]


def _pair(comparison: Comparison, arm: list[int], reference: list[int]) -> _Pair:
    return _Pair(
        events=float(comparison.events[arm].sum()),
        trials=float(comparison.trials[arm].sum()),
        ref_events=float(comparison.events[reference].sum()),
        ref_trials=float(comparison.trials[reference].sum()),
        phi=comparison.dispersion.widening,
        horizon=comparison.horizon and comparison.horizon * (len(arm) + len(reference)),
    )


def _against_others(comparison: Comparison, at: int) -> _Pair:
    events, trials = float(comparison.events[at]), float(comparison.trials[at])
    return _Pair(
        events=events,
        trials=trials,
        ref_events=max(0.0, float(comparison.events.sum()) - events),
        ref_trials=float(comparison.trials.sum()) - trials,
        phi=comparison.dispersion.widening,
        horizon=comparison.horizon and comparison.horizon * len(comparison.creatives),
    )


def _difference(pair: _Pair, confidence: float) -> Difference | None:
    interval = _interval(pair, confidence)
    if interval is None:
        return None
    lifted, lift_interval = _lift(pair, confidence)
    p = _p(pair)
    return Difference(
        value=pair.events / pair.trials - pair.reference,
        interval=interval,
        lift=lifted,
        lift_interval=lift_interval,
        p_value=p,
        p_adjusted=p,
    )


def _interval(pair: _Pair, confidence: float) -> Interval | None:
    if pair.horizon is None:
        return newcombe(*pair.counts(), confidence=confidence, dispersion=pair.phi)
    return confidence_sequence(
        *pair.counts(), horizon=pair.horizon, confidence=confidence, dispersion=pair.phi
    )


def _lift(pair: _Pair, confidence: float) -> tuple[float | None, Interval | None]:
    value, interval = lift(*pair.counts(), confidence=confidence, dispersion=pair.phi)
    if pair.horizon is None:
        return value, interval
    effect = relative(*(count / pair.phi for count in pair.counts()))
    if effect is None:
        return value, None
    return value, sequence_interval(effect, horizon=pair.horizon / pair.phi, confidence=confidence)


def _p(pair: _Pair) -> float:
    if pair.horizon is None:
        return two_sample_p(*pair.counts(), dispersion=pair.phi)
    return sequential_p(*pair.counts(), horizon=pair.horizon, dispersion=pair.phi)


def _adjusted(
    found: Sequence[Difference | None], adjust: Callable[[Sequence[float]], list[float]]
) -> list[Difference | None]:
    ps = iter(adjust([one.p_value for one in found if one is not None]))
    return [one and replace(one, p_adjusted=next(ps)) for one in found]
