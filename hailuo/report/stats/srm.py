"""Sample ratio mismatch: a split that came out otherwise than planned is broken, and so is what is read from it."""

from collections.abc import Sequence

from scipy.stats import chisquare


def sample_ratio(trials: Sequence[float], planned: Sequence[float] | None = None) -> float:
    """The p-value of the planned split having been kept, by chi-square; flag it below 0.001.

    `planned` are the arms' weights in any unit, equal where None. With fewer than two arms or no trials the answer
    is 1.0. It counts every trial as independent: meant for users of a randomised split; impressions of one user come
    in clusters and would be flagged too soon, and an auction plans no split at all. Kohavi, Tang & Xu 2020, ch. 21.

    Raises:
        ValueError: another number of weights than arms, or a weight that is not above zero.
    """
    weights = [1.0] * len(trials) if planned is None else list(planned)
    if len(weights) != len(trials) or not all(weight > 0 for weight in weights):
        raise ValueError(f"{len(trials)} arms need as many weights above zero, got {weights}")
    total = sum(trials)
    if len(trials) < 2 or total <= 0:
        return 1.0
    expected = [total * weight / sum(weights) for weight in weights]
    return float(chisquare(trials, expected).pvalue)
