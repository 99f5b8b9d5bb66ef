"""The numbers that decide something where they stand in the code, told beside the thresholds: a report names them all."""

from hailuo.report.analysis.measures import MOST_RATIOS, ONE_IN
from hailuo.report.analysis.ranking import MOST_LEVERAGE
from hailuo.report.cautions import APART_DAYS
from hailuo.report.stats.bootstrap import DAYS_NEEDED, RESAMPLES
from hailuo.report.stats.dispersion import LEAST_DF, LEAST_EXPECTED
from hailuo.report.stats.factors import LEAST_A_CELL, LEAST_SCALE
from hailuo.report.stats.shrinkage import LEAST_STRENGTH, MOST_STRENGTH, USUAL_SPREAD


def told_rules() -> dict[str, str]:
    """Name to "value unit (what it decides)", in the order of the judgement."""
    return {
        "dispersion_least_df": f"{LEAST_DF:g} degrees of freedom (with fewer, the dispersion is not estimated)",
        "dispersion_least_expected": f"{LEAST_EXPECTED:g} events expected of an ad's day (Cochran 1954: other days are "
        "left out of the dispersion)",
        "ratio_days": f"{DAYS_NEEDED:,} days (with fewer, ROAS and watch time have no interval)",
        "ratio_resamples": f"{RESAMPLES:,} draws of the days (for that interval)",
        "ratios_at_most": f"{MOST_RATIOS:,} clips (that have one: those with most behind them)",
        "cost_bits": f"1 in {ONE_IN:,.0f} bits of spend (brings a conversion: a cost is judged as that rate)",
        "factor_scale": f"{LEAST_SCALE:g} (the least dispersion of the factors' model)",
        "interaction_cell": f"{LEAST_A_CELL} clips (of every prompt on every model, before it is asked whether prompts do "
        "differently on other models)",
        "usual_spread": f"{USUAL_SPREAD:g} log-odds (sd between creatives where there are too few to tell; Upworthy "
        "archive, Matias et al. 2021)",
        "prior_strength": f"{LEAST_STRENGTH:,.0f} to {MOST_STRENGTH:,.0f} trials (that a prediction counts for)",
        "own_leverage": f"{MOST_LEVERAGE:g} (the most that a clip's own data is taken out of its prediction)",
        "days_apart": f"{APART_DAYS} days (beside the others' start or end, and the data's health says so)",
    }
