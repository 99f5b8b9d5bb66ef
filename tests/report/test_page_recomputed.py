"""Every table of counted numbers on the page, computed again from the raw export with nothing but pandas and scipy."""

import io
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

import hailuo
from hailuo.report.analysis.options import AnalysisOptions
from hailuo.report.run_analysis import analyse_results
from tests.report.pages import Element, Page, page_of
from tests.report.worlds import variants_of

pytestmark = pytest.mark.slow

NAMES = ("dawn", "rain", "spin", "reveal")
VARIANTS = variants_of([(name, "MiniMax-Hailuo-02", 6, 1) for name in NAMES])
DAYS = [f"2026-11-{day:02}" for day in range(2, 9)]


def export() -> str:
    """Meta's table of a week: an ad for each clip by day and gender, an ad of another campaign, thousands grouped."""
    rng = np.random.default_rng(3)
    lines = [
        "Day,Ad ID,Ad name,Gender,Amount spent (USD),Impressions,Link clicks,3-second video plays,Purchases,"
        "Purchases conversion value"
    ]
    for at, creative in enumerate(VARIANTS["creative_id"]):
        for day in DAYS:
            for gender in ("female", "male"):
                shown = int(rng.integers(1_000, 3_000))
                clicks = int(rng.binomial(shown, 0.02 + 0.002 * at))
                early, bought = int(rng.binomial(shown, 0.3)), int(rng.binomial(clicks, 0.1))
                value = round(float(rng.lognormal(3, 0.6, bought).sum()), 2)
                cells = f"{day},{100 + at},HV-{creative}_x,{gender},{shown * 0.0123:.2f}"
                lines.append(f'{cells},"{shown:,}",{clicks},{early},{bought or ""},{value or ""}')
    lines.append('2026-11-02,999,Brand film,male,50.00,"4,000",40,900,,')
    return "\n".join(lines)


@pytest.fixture(scope="module")
def raw() -> pd.DataFrame:
    """The export as pandas alone reads it, with the clip of each row."""
    frame = pd.read_csv(io.StringIO(export()), thousands=",").fillna(
        {"Purchases": 0, "Purchases conversion value": 0}
    )
    frame["clip"] = frame["Ad name"].str.extract(r"HV-(\w{10})", expand=False)
    return frame.rename(
        columns={
            "Amount spent (USD)": "spend",
            "Impressions": "shown",
            "Link clicks": "clicks",
            "3-second video plays": "early",
            "Purchases": "bought",
            "Purchases conversion value": "value",
        }
    )


@pytest.fixture(scope="module")
def page() -> Page:
    """The page of the same export."""
    results = hailuo.read_results(pd.read_csv(io.StringIO(export()), dtype=str))
    analysed = analyse_results(
        results, VARIANTS, None, options=AnalysisOptions(), at=datetime(2026, 11, 30, tzinfo=UTC)
    )
    return page_of(analysed.findings)


def tables(page: Page, section: str) -> list[pd.DataFrame]:
    """The tables of a section: unrounded numbers where a cell has one, else its text; the small print beside it."""
    return [_frame(table) for table in page.section(section).all("table")]


def _frame(table: Element) -> pd.DataFrame:
    heads = [_bare(head) for head in table.all("thead")[0].all("th")]
    rows = []
    for body in table.all("tbody"):
        for row in body.all("tr"):
            cells = [one for one in row.inside if isinstance(one, Element) and one.tag in {"td", "th"}]
            values = {head: _value(cell) for head, cell in zip(heads, cells, strict=True)}
            rows.append(
                values | {f"{head} note": _small(cell) for head, cell in zip(heads, cells, strict=True)}
            )
    return pd.DataFrame(rows)


def _value(cell: Element) -> object:
    return float(cell.attrs["data-v"] or "nan") if "data-v" in cell.attrs else _bare(cell)


def _bare(element: Element) -> str:
    """Its text without small print and drawings."""
    texts = []
    for child in element.inside:
        if isinstance(child, str):
            texts.append(child)
        elif child.tag not in {"small", "svg"} and "rank" not in (child.attrs.get("class") or ""):
            texts.append(_bare(child))
    return " ".join(" ".join(texts).split())


def _small(cell: Element) -> str:
    return "; ".join(one.text for one in cell.all("small"))


def test_the_leaderboard(page: Page, raw: pd.DataFrame) -> None:
    """Spend, impressions and every metric of each clip are sums over sums, whatever decides."""
    board = tables(page, "ranking")[0].set_index("Clip")
    more = tables(page, "ranking")[1].set_index("Clip")
    sums = raw.groupby("clip")[["spend", "shown", "clicks", "early", "bought", "value"]].sum()
    sums.index = [NAMES[list(VARIANTS["creative_id"]).index(one)] for one in sums.index]
    sums = sums.loc[board.index]

    assert set(board.index) == set(NAMES)
    for name, wanted in {
        "Impressions": sums["shown"],
        "Spend": sums["spend"],
        "ROAS counted": sums["value"] / sums["spend"],
        "CTR": sums["clicks"] / sums["shown"],
        "Hook rate": sums["early"] / sums["shown"],
        "CVR": sums["bought"] / sums["clicks"],
        "CPA": sums["spend"] / sums["bought"],
    }.items():
        np.testing.assert_allclose(board[name].astype(float), wanted, rtol=1e-9, err_msg=name)
    np.testing.assert_allclose(more["CPM"].astype(float), 1000 * sums["spend"] / sums["shown"], rtol=1e-9)
    np.testing.assert_allclose(
        more["Cost per thumbstop"].astype(float), sums["spend"] / sums["early"], rtol=1e-9
    )


def test_the_funnel_and_its_intervals(page: Page, raw: pd.DataFrame) -> None:
    """How many of how many, and an interval that is Wilson's, or wider where days vary more than chance."""
    funnel = tables(page, "funnel")[0].set_index("Clip")
    sums = raw.groupby("clip")[["shown", "clicks"]].sum()

    for at, creative in enumerate(VARIANTS["creative_id"]):
        clicks, shown = int(sums.loc[creative, "clicks"]), int(sums.loc[creative, "shown"])
        row = funnel.loc[NAMES[at]]
        names = [str(name) for name in funnel]
        column = next(name for name in names if name.startswith("→ CTR") and name.endswith("note"))
        interval, counts = str(row[column]).split(" · ")
        low, high = (float(one.strip("% ")) / 100 for one in interval.split("–"))
        wilson = binomtest(clicks, shown).proportion_ci(method="wilson")
        assert counts == f"{clicks:,} of {shown:,}"
        assert low <= wilson.low + 1e-4
        assert high >= wilson.high - 1e-4
        assert high - low <= 2.5 * (wilson.high - wilson.low)


def test_parts_of_the_audience_add_up(page: Page, raw: pd.DataFrame) -> None:
    """By gender: only rows that found their clip."""
    table = tables(page, "audiences")[0].set_index("Gender")
    sums = (
        raw[raw["clip"].notna()]
        .groupby("Gender")[["shown", "spend", "clicks", "bought", "value"]]
        .sum()
        .loc[table.index]
    )

    np.testing.assert_allclose(table["Impressions"].astype(float), sums["shown"])
    np.testing.assert_allclose(table["Spend"].astype(float), sums["spend"])
    np.testing.assert_allclose(table["CTR"].astype(float), sums["clicks"] / sums["shown"])
    np.testing.assert_allclose(table["ROAS"].astype(float), sums["value"] / sums["spend"])


def test_every_day_of_a_leading_clip(page: Page, raw: pd.DataFrame) -> None:
    """Clicks of impressions, both genders together."""
    curves = tables(page, "days")
    by_day = raw[raw["clip"].notna()].groupby(["clip", "Day"])[["clicks", "shown"]].sum()
    wanted = {
        tuple(round(one, 9) for one in (rows["clicks"] / rows["shown"]))
        for _, rows in by_day.groupby("clip", sort=False)
    }

    assert curves
    for curve in curves:
        assert tuple(round(float(one), 9) for one in curve["CTR"]) in wanted


def test_what_was_matched_and_what_was_not(page: Page, raw: pd.DataFrame) -> None:
    """Rows and spend by way of matching, and the ads that match no clip."""
    methods, unmatched = tables(page, "data")[:2]
    found = raw["clip"].notna()

    spend = dict(zip(methods["Matched by"], methods["Spend"], strict=True))
    assert spend["Creative id in the ad name"] == f"${raw['spend'][found].sum():,.0f}"
    assert spend["Unmatched"] == "$50.00"
    assert list(unmatched["Ad"]) == ["Brand film"]


def test_the_cost_is_what_was_spent(page: Page, raw: pd.DataFrame) -> None:
    """Delivery is the spend of all rows that found their clip."""
    cost = tables(page, "cost")[0]

    assert cost["Delivery"].tolist() == [f"${raw['spend'][raw['clip'].notna()].sum():,.0f}"]
    assert cost["Clips"].tolist() == ["4"]
