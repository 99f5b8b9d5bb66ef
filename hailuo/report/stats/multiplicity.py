"""Many comparisons: one in twenty is "significant" by chance, so p-values are adjusted before anyone reads them."""

from collections.abc import Sequence

import numpy as np
from scipy.stats import false_discovery_control


def holm(ps: Sequence[float]) -> list[float]:
    """The p-values adjusted, in the order given, so that at 5 % any false alarm at all is at most 5 % likely.

    For comparisons with a control and the levels of one factor. Holm 1979, Scand. J. Stat. 6, 65. Written out, as
    statsmodels' multipletests collects garbage at every call, which takes a hundred times as long as the rest.
    """
    order = np.argsort(ps)
    stepped = np.asarray(ps, dtype=float)[order] * np.arange(len(ps), 0, -1)
    adjusted = np.empty(len(ps))
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(stepped))
    return [float(p) for p in adjusted]


def benjamini_hochberg(ps: Sequence[float]) -> list[float]:
    """The p-values adjusted, in the order given, so that at 5 % at most 5 % of the findings are expected to be false.

    For a screen of all variants. Benjamini & Hochberg 1995, J. R. Stat. Soc. B 57, 289.
    """
    return [float(p) for p in false_discovery_control(ps, method="bh")] if ps else []
