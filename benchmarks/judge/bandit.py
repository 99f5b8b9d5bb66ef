"""Does the product's rule find the best clip sooner than an even split? Batches simulated with rates that are known.

`PYTHONPATH=. python -m benchmarks.judge.bandit` prints the table.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from hailuo.report.stats.chances import apportion, shares
from hailuo.report.stats.hierarchy import fit

ARMS: Final = 24
ROUNDS: Final = 8
IMPRESSIONS: Final = 24_000  # a round
_BASE: Final = float(np.log(0.016 / 0.984))  # the click rate of the Upworthy archive
_DRAWS: Final = 2_000

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bandit:
    """Shares (0..1) of replications in which the arm picked at the end is the best; relative regret of the pick;
    clicks gained over the even split.
    """

    correct: float
    correct_even: float
    regret: float
    regret_even: float
    more_clicks: float


def bandit(replications: int, seed: int, *, sd: float = 0.2) -> Bandit:
    """24 arms at about 1.6 %, log-odds sd `sd`, 8 rounds of 24,000 impressions: our rule against an even split."""
    rng = np.random.default_rng(seed)
    rates = [expit(_BASE + rng.normal(0, sd, ARMS)) for _ in range(replications)]
    ours = np.array([_played(rng, one, even=False) for one in rates])
    even = np.array([_played(rng, one, even=True) for one in rates])
    return Bandit(
        correct=float(ours[:, 0].mean()),
        correct_even=float(even[:, 0].mean()),
        regret=float(ours[:, 1].mean()),
        regret_even=float(even[:, 1].mean()),
        more_clicks=float(ours[:, 2].sum() / even[:, 2].sum() - 1),
    )


def _played(rng: np.random.Generator, rates: _Floats, *, even: bool) -> tuple[float, float, float]:
    """Whether the pick is right, by how much it falls short, and the clicks on the way."""
    events, trials = np.zeros(ARMS), np.zeros(ARMS)
    for turn in range(ROUNDS):
        share = np.full(ARMS, IMPRESSIONS // ARMS)
        if turn and not even:
            share = apportion(shares(_chances(events, trials, seed=turn)), IMPRESSIONS)
        events += rng.binomial(share, rates)
        trials += share
    pick = int(np.argmax(_chances(events, trials, seed=ROUNDS)))
    return float(pick == np.argmax(rates)), float(1 - rates[pick] / rates.max()), float(events.sum())


def _chances(events: _Floats, trials: _Floats, *, seed: int) -> _Floats:
    """P(best) as the report has it, of clips without factors."""
    known = fit(events, trials, np.zeros((ARMS, 0)))
    return known.chances(np.ones(ARMS, dtype=bool), draws=_DRAWS, seed=seed).p_best


if __name__ == "__main__":
    for spread in (0.1, 0.2):
        print(spread, bandit(150, 1, sd=spread))
