"""Each creative against the control, or against all the others where there is none."""

from dataclasses import dataclass, replace

from hailuo.report.analysis.experiment import Comparison
from hailuo.report.findings import Difference, Interval
from hailuo.report.stats.effects import benjamini_hochberg, holm, relative
from hailuo.report.stats.intervals import lift, newcombe, two_sample_p
from hailuo.report.stats.sequential import confidence_sequence, sequence_interval, sequential_p


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """Events and trials of an arm and of its reference, divided by phi; `horizon` as in `Comparison`, of all arms."""

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

    @property
    def counts(self) -> tuple[float, float, float, float]:
        """As they were counted."""
        return self.events, self.trials, self.ref_events, self.ref_trials

    @property
    def p_value(self) -> float:
        """Of two equal rates."""
        if self.horizon is None:
            return two_sample_p(*self.counts, dispersion=self.phi)
        return sequential_p(*self.counts, horizon=self.horizon, dispersion=self.phi)


def compare(comparison: Comparison, *, confidence: float) -> list[Difference | None]:
    """One per position, in the metric's unit; None for the control itself, and where there is nothing to compare with.

    Several takes of the control count together. Against it Holm's adjustment, against the others that of Benjamini
    and Hochberg: the first is a decision, the second a screen.
    """
    everybody = range(len(comparison.creatives))
    control = [at for at in everybody if comparison.creatives[at].is_control]
    pairs: list[_Pair | None] = []
    for at in everybody:
        if at in control or len(everybody) < 2:
            pairs.append(None)
        else:
            pairs.append(_pair(comparison, [at], control) if control else _against_others(comparison, at))
    found = [None if pair is None else _difference(pair, confidence) for pair in pairs]
    adjust = holm if control else benjamini_hochberg
    adjusted = iter(adjust([one.p_value for one in found if one is not None]))
    return [
        None
        if one is None or pair is None
        else comparison.scale.difference(replace(one, p_adjusted=next(adjusted)), pair.reference)
        for one, pair in zip(found, pairs, strict=True)
    ]


def pairwise_p(comparison: Comparison, one: int, other: int) -> float:
    """The p-value of two positions being equal, always valid where the test is read again and again."""
    return _pair(comparison, [one], [other]).p_value


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
    phi, horizon = pair.phi, pair.horizon
    lifted, lift_interval = lift(*pair.counts, confidence=confidence, dispersion=phi)
    interval: Interval | None
    if horizon is None:
        interval = newcombe(*pair.counts, confidence=confidence, dispersion=phi)
    else:
        interval = confidence_sequence(*pair.counts, horizon=horizon, confidence=confidence, dispersion=phi)
        effect = relative(*(count / phi for count in pair.counts))
        lift_interval = None
        if effect is not None:
            lift_interval = sequence_interval(effect, horizon=horizon / phi, confidence=confidence)
    if interval is None:
        return None
    return Difference(
        value=pair.events / pair.trials - pair.reference,
        interval=interval,
        lift=lifted,
        lift_interval=lift_interval,
        p_value=pair.p_value,
        p_adjusted=pair.p_value,
    )
