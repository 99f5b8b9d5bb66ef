"""Every estimate as one tidy table: `hailuo.report.estimates`."""

import io
from dataclasses import replace

import pandas as pd
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # has no types
import pytest
from hypothesis import HealthCheck, given, settings

from hailuo.report.estimates import ESTIMATE_COLUMNS, SCHEMA, estimates_table, to_csv, to_parquet
from hailuo.report.findings import Interval
from hailuo.report.metrics import AdPlatform, Metric
from tests.report.factories import make_findings, make_health, make_platform
from tests.report.strategies import findings
from tests.support.examples import examples

REPORT = make_findings()
META = REPORT.platforms[0]
BEST = META.creatives[0]


def rows(report=REPORT, **cells):
    """The rows of the table that have these cells."""
    table = estimates_table(report)
    for column, value in cells.items():
        table = table[table[column] == value]
    return table


def row(report=REPORT, **cells):
    """The only such row."""
    (found,) = rows(report, **cells).to_dict("records")
    return found


def test_every_number_of_a_report_has_one_row():
    """A row per creative and metric, level, cell of the heat map, and need; of every platform."""
    kinds = rows(platform="meta")["level_of"].value_counts().to_dict()

    assert kinds == {
        "creative": sum(len(one.estimates) for one in META.creatives),
        "factor": 3 + 2 + 1,
        "heat": len(META.heat),
        "need_trials": len(META.power),
        "need_more_trials": len(META.power),
        "need_spend": len(META.power),
    }
    assert not estimates_table(REPORT).duplicated(["platform", "level_of", "id", "metric"]).any()


def test_an_estimate_comes_with_its_interval_its_counts_and_its_unit():
    """Nobody has to guess what a number is made of."""
    found = row(platform="meta", id=BEST.creative_id, metric="hook")
    hook = BEST.estimates[Metric.HOOK]

    assert (found["value"], found["top"], found["bottom"], found["n"]) == (
        hook.value,
        hook.top,
        hook.bottom,
        hook.n,
    )
    assert Interval(found["low"], found["high"]) == hook.interval
    assert (found["unit"], found["top_count"], found["bottom_count"]) == ("fraction", "v3s", "impressions")


@pytest.mark.parametrize(
    ("metric", "unit", "top", "bottom"),
    [
        ("hold", "fraction", "v6s", "v2s"),
        ("hook", "fraction", "v2s", "impressions"),
        ("cpa", "USD", "spend", "conversions"),
        ("roas", "x", "revenue", "spend"),
    ],
)
def test_units_and_counts_are_the_platforms_own(metric, unit, top, bottom):
    """Hook is two seconds on TikTok; money is in the account's currency."""
    found = rows(platform="tiktok", level_of="creative", metric=metric).iloc[0]

    assert (found["unit"], found["top_count"], found["bottom_count"]) == (unit, top, bottom)


def test_judgements_stand_with_the_decision_metric_alone():
    """P(best) by CTR is not repeated beside the hook rate."""
    decided = row(platform="meta", id=BEST.creative_id, is_decision_metric=True)
    other = row(platform="meta", id=BEST.creative_id, metric="hook")

    assert BEST.against_control
    assert (decided["metric"], decided["p_best"], decided["standing"]) == ("ctr", BEST.p_best, "leads")
    assert decided["p_adjusted"] == BEST.against_control.p_adjusted
    assert pd.isna(other["p_best"])
    assert pd.isna(other["difference"])


def test_levels_cells_and_needs_have_ids_that_say_what_they_are():
    """A row is found without knowing where it stood."""
    level = row(platform="meta", id="prompt=desert-dawn")
    unknown = row(platform="meta", id="size")
    cell = row(platform="meta", id="desert-dawn x MiniMax-Hailuo-02")
    need = row(platform="meta", id="lift=0.2", level_of="need_spend")

    assert (level["factor"], level["level"], level["value"]) == ("prompt", "desert-dawn", 0.016)
    assert unknown["note"] == "only one level has results"
    assert pd.isna(unknown["value"])
    assert (cell["value"], cell["n"]) == (0.016, 48_000.0)
    assert (need["value"], need["unit"]) == (META.power[2].spend, "USD")


def test_an_open_end_is_missing():
    """More than is not a number."""
    open_ended = replace(BEST.estimates[Metric.CPA], value=None, interval=Interval(19.0, None))
    best = replace(BEST, estimates={Metric.CPA: open_ended})

    found = row(make_findings(platforms=(make_platform(creatives=(best,)),)), level_of="creative")

    assert found["low"] == 19.0
    assert pd.isna(found["high"])
    assert pd.isna(found["value"])


def test_money_of_no_known_currency_is_no_dollar():
    """The unit never claims a currency that no export told."""
    report = make_findings(health=make_health(currency=None))

    assert set(rows(report, metric="cpa")["unit"]) == {"money"}


@pytest.mark.slow
@settings(max_examples=examples(25), suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(findings())
def test_any_report_makes_a_table_of_the_same_types(report):
    """Columns and dtypes never depend on the data, nor on there being any; both files can be written."""
    table = estimates_table(report)

    assert {name: str(kind) for name, kind in table.dtypes.items()} == dict(ESTIMATE_COLUMNS)
    assert pd.read_parquet(io.BytesIO(to_parquet(table))).equals(table)
    assert to_csv(table).startswith(b"\xef\xbb\xbfcampaign,edition,made_at,platform,")


def test_the_parquet_file_is_typed_compressed_and_says_what_it_is():
    """Analysts read it without guessing types; later versions can be told apart."""
    content = to_parquet(estimates_table(REPORT))

    stored = pq.ParquetFile(io.BytesIO(content))

    assert stored.metadata.metadata[b"hailuo.schema"] == SCHEMA.encode()
    assert stored.metadata.row_group(0).column(0).compression == "ZSTD"


def test_the_csv_runs_nothing_in_a_spreadsheet():
    """A label that a spreadsheet would run as a formula gets an apostrophe; numbers stay numbers."""
    hostile = ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", "＝1", " =cmd|'/c'!A1", "\0=1"]
    creatives = tuple(replace(BEST, label=text, creative_id=f"ID{n}") for n, text in enumerate(hostile))
    report = make_findings(platforms=(make_platform(creatives=creatives),), campaign="=campaign()")

    text = to_csv(estimates_table(report)).decode("utf-8-sig")
    read = pd.read_csv(io.StringIO(text, newline=""), dtype={"label": str}, keep_default_na=False)

    labels = read.loc[read["level_of"] == "creative", "label"]
    assert set(labels.str.get(0)) == {"'"}
    assert set(read["campaign"]) == {"'=campaign()"}
    assert not read["difference"].astype(str).str.startswith("'").any()


def test_the_csv_says_what_the_table_says():
    """Spreadsheets show the very numbers."""
    table = estimates_table(REPORT)

    read = pd.read_csv(io.BytesIO(to_csv(table)), dtype=dict(ESTIMATE_COLUMNS))

    assert read.equals(table)


def test_half_a_character_does_not_cost_the_table():
    """A broken label is written as a question mark."""
    report = make_findings(platforms=(make_platform(creatives=(replace(BEST, label="a\ud800"),)),))

    assert b"a?" in to_csv(estimates_table(report))


def test_every_platform_is_there():
    """Platforms are rows, never columns."""
    report = make_findings(platforms=tuple(make_platform(one) for one in AdPlatform))

    assert set(estimates_table(report)["platform"]) == {one.value for one in AdPlatform}
