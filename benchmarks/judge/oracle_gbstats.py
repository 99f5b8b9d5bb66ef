"""What gbstats says of a grid of inputs. Run in a virtual environment of its own (`make judge` makes it): gbstats 0.8.0 wants
pandas 1.5.3. Reads `[[events, trials, ref_events, ref_trials, tuning], ...]` from stdin, writes a list of answers to stdout.
"""

import json
import sys

from gbstats.frequentist.tests import (  # type: ignore[import-not-found]  # not in this environment
    FrequentistConfig,
    SequentialConfig,
    SequentialTwoSidedTTest,
    TwoSidedTTest,
)
from gbstats.models.statistics import ProportionStatistic  # type: ignore[import-not-found]


def answer(events: int, trials: int, ref_events: int, ref_trials: int, tuning: float) -> list[float]:
    """Lift, its interval and p-value for one look, and both again for any number of looks."""
    arm, ref = ProportionStatistic(n=trials, sum=events), ProportionStatistic(n=ref_trials, sum=ref_events)
    fixed = TwoSidedTTest(ref, arm, FrequentistConfig(difference_type="relative")).compute_result()
    config = SequentialConfig(difference_type="relative", sequential_tuning_parameter=tuning)
    peeking = SequentialTwoSidedTTest(ref, arm, config).compute_result()
    return [
        float(fixed.expected),
        *map(float, fixed.ci),
        float(fixed.p_value),
        *map(float, peeking.ci),
        float(peeking.p_value),
    ]


if __name__ == "__main__":
    json.dump([answer(*case) for case in json.load(sys.stdin)], sys.stdout)
