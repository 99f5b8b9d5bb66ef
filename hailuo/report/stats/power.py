"""What it takes to see a lift: trials per arm.

The normal approximation of the two-sided test of two proportions, pooled variance under no difference (Fleiss, Levin
& Paik 2003, ch. 4), not the rule of thumb 16 p (1 - p) / difference^2, which it agrees with at 80 % power and 5 %.
"""

import math

from scipy.special import chndtrinc
from scipy.stats import chi2
from statsmodels.stats.proportion import samplesize_proportions_2indep_onetail


def sample_size(
    base: float, lift: float, *, power: float = 0.8, alpha: float = 0.05, dispersion: float = 1.0
) -> int | None:
    """Trials needed in each arm to find a relative `lift` over the rate `base` with probability `power`.

    None where there is no such test: a base or a lifted rate outside 0 to 1, or no lift. Overdispersed trials are
    worth less: as many more are needed as `dispersion` says.
    """
    if not (0 < base < 1 and 0 < base * (1 + lift) < 1) or lift == 0:
        return None
    # Despite its name the library's function halves alpha itself.
    trials = samplesize_proportions_2indep_onetail(base * lift, base, power, alpha=alpha)
    return math.ceil(float(trials) * max(1.0, dispersion))


def sample_size_among(
    base: float, lift: float, arms: int, *, power: float = 0.8, alpha: float = 0.05, dispersion: float = 1.0
) -> int | None:
    """Trials needed in each of `arms` for the chi-square test of equal rates to find, with probability `power`, that
    one of them has a relative `lift` over the others, whose rate is `base`; None as in `sample_size`, or with one arm.

    By the noncentral chi-square with arms - 1 degrees of freedom (Cohen 1988, ch. 7). With two arms it is
    `sample_size` but for the variance under the difference, which is pooled here.
    """
    if arms < 2 or not (0 < base < 1 and 0 < base * (1 + lift) < 1) or lift == 0:
        return None
    needed = evidence_needed(arms, power=power, alpha=alpha)
    return math.ceil(needed / evidence_per_trial(base, lift, arms) * max(1.0, dispersion))


def evidence_needed(arms: int, *, power: float = 0.8, alpha: float = 0.05) -> float:
    """The noncentrality at which the chi-square test of so many equal rates finds what there is, with `power`."""
    return float(chndtrinc(float(chi2.isf(alpha, arms - 1)), arms - 1, 1 - power))


def evidence_per_trial(base: float, lift: float, arms: int) -> float:
    """What each trial of every arm adds to the noncentrality of the chi-square where one arm has the lift."""
    mean = base * (1 + lift / arms)
    return (base * lift) ** 2 * (1 - 1 / arms) / (mean * (1 - mean))
