"""Eighteen batters of 1970: hits in their first 45 times at bat, and their average for the rest of the season.

Efron & Morris 1975, "Data analysis using Stein's estimator and its generalizations", JASA 70, 311-319, Table 1; shown
again in Efron & Morris 1977, "Stein's paradox in statistics", Scientific American 236(5), where the shrinking factor is
.212 and Stein's estimates have a 3.5 times smaller total squared error.
"""

from typing import Final, NamedTuple

AT_BATS: Final = 45
SHRINKING_FACTOR: Final = 0.212
ERROR_RATIO: Final = 3.5


class Batter(NamedTuple):
    """A player, his hits in 45 times at bat, and his batting average afterwards."""

    name: str
    hits: int
    afterwards: float


BATTERS: Final = (
    Batter("Clemente", 18, 0.346),
    Batter("F. Robinson", 17, 0.298),
    Batter("F. Howard", 16, 0.276),
    Batter("Johnstone", 15, 0.222),
    Batter("Berry", 14, 0.273),
    Batter("Spencer", 14, 0.270),
    Batter("Kessinger", 13, 0.263),
    Batter("L. Alvarado", 12, 0.210),
    Batter("Santo", 11, 0.269),
    Batter("Swoboda", 11, 0.230),
    Batter("Unser", 10, 0.264),
    Batter("Williams", 10, 0.256),
    Batter("Scott", 10, 0.303),
    Batter("Petrocelli", 10, 0.264),
    Batter("E. Rodriguez", 10, 0.226),
    Batter("Campaneris", 9, 0.285),
    Batter("Munson", 8, 0.316),
    Batter("Alvis", 7, 0.200),
)
