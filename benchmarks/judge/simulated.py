"""Goals that only simulation can show: coverage of the factors' intervals, what peeking does, the next batch."""

from collections.abc import Iterator
from typing import Final

from benchmarks.judge.bandit import bandit
from benchmarks.judge.coverage import TAKE_SDS, coverage
from benchmarks.judge.lines import Line, at_least, at_most, between
from tests.support.report.looks import arm_misses, naive_false_alarms, sequence_alarms

_SEED: Final = 1
_HELD: Final = (0.93, 0.97)
_LOOKS: Final = 60
_PER_LOOK: Final = 1_000
_NAIVELY_AT_LEAST: Final = 0.25
_LEAST_BASELINE_MISS: Final = 0.9


def factors_cover(replications: int = 250) -> Iterator[Line]:
    """G6: the 95 % intervals of factor levels hold the truth as often as they say, also where takes differ."""
    for take_sd in TAKE_SDS:
        found = coverage(replications, _SEED, take_sd=take_sd)
        where = f"take sd {take_sd:g}, {replications} campaigns of 144 clips"
        yield between("G6", f"intervals of levels' rates that hold the truth, {where}", found.rates, _HELD)
        yield between("G6", f"intervals of differences that hold it, {where}", found.differences, _HELD)
        if take_sd:
            what = f"the same by a plain binomial fit, which is what not to do, {where}"
            yield at_most("G6", what, found.plain, _LEAST_BASELINE_MISS)


def peeking_is_paid_for(worlds: int = 1_000) -> Iterator[Line]:
    """G7: who looks 60 times is misled by a plain test, and not by the always-valid numbers."""
    size = {"worlds": worlds, "looks": _LOOKS, "per_look": _PER_LOOK, "seed": _SEED}
    where = f"1 % v 1 %, {_LOOKS} looks of {_PER_LOOK:,} impressions, {worlds:,} worlds"
    naive = naive_false_alarms(0.01, **size)
    yield at_least("G7", f"false alarms of a plain z-test, the baseline, {where}", naive, _NAIVELY_AT_LEAST)
    ours = sequence_alarms(0.01, 0.01, **size)
    yield at_most("G7", f"false alarms of the always-valid p-value, {where}", ours, 0.05)
    misses = arm_misses(0.01, **{**size, "worlds": worlds // 5})
    yield at_most("G7", f"clips whose always-valid interval ever left the truth out, {where}", misses, 0.05)


def next_batch_finds_the_best(replications: int = 150) -> Iterator[Line]:
    """G8: batches divided by the product's rule find the best clip more often than an even split."""
    found = bandit(replications, _SEED)
    where = f"24 clips, sd .2, 8 batches of 24,000 impressions, {replications} campaigns"
    yield at_least("G8", f"best clip found by our rule, {where}", found.correct, 0.8)
    what = f"found by an even split, the baseline, {where}"
    yield at_most("G8", what, found.correct_even, found.correct)
    yield at_most("G8", "regret of the pick, relative", found.regret, found.regret_even)
    yield at_least("G8", "more clicks on the way than by an even split", found.more_clicks, 0.1)
