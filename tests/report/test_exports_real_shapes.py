"""Exports as real accounts have them: read to the numbers that are meant, or refused; never read to wrong ones."""

import gzip
import io
import json
import re
import zipfile
from datetime import date

import pandas as pd
import pytest

from hailuo.report.exports import ExportError, read_exports

_META = "Reporting starts,Reporting ends,Ad name,Impressions,Amount spent (USD),Link clicks"


def read(*lines: str, name: str = "export.csv") -> pd.DataFrame:
    return read_exports({name: "\n".join(lines).encode()})


def reasons(content: bytes, name: str = "export.csv") -> str:
    with pytest.raises(ExportError) as refused:
        read_exports({name: content})
    return "\n".join(map(str, refused.value.every))


def sums(frame: pd.DataFrame, *counts: str) -> list[float]:
    return [round(float(frame[count].sum()), 2) for count in counts]


# Totals -----------------------------------------------------------------------------------------------------------------

TOTALS = [
    "Total", "Total: account", "Total: All but removed ads", "Total - filtered", "Total (2)", "Results from 2 ads",
    "Resultados de 2 anuncios", "Ergebnisse aus 2 Anzeigen", "Résultats de 2 publicités", "Risultati di 2 inserzioni",
    "Resultaten van 2 advertenties", "Wyniki z 2 reklam", "Kết quả từ 2 quảng cáo", "広告2件の結果", "2个广告的成效",
    "광고 2개의 결과", "合計", "Gesamt", "Итого", "Toplam", "المجموع", "Усього", "कुल", "Resultados totales", "Media", "Average",
]  # fmt: skip


@pytest.mark.parametrize("label", TOTALS)
@pytest.mark.parametrize(
    "place", [pytest.param("first", marks=pytest.mark.slow), pytest.param("last")], ids=["first", "last"]
)
def test_a_row_of_totals_is_no_ad(label: str, place: str) -> None:
    """In every language, and above or below the ads."""
    ads = ["2026-11-01,2026-11-01,a,1000,5,10", "2026-11-01,2026-11-01,b,2000,7,30"]
    total = f'2026-11-01,2026-11-01,"{label}",3000,12,40'

    frame = read(_META, *([total, *ads] if place == "first" else [*ads, total]))

    assert sums(frame, "impressions", "spend") == [3000, 12]
    assert frame.attrs["totals"] == 1


@pytest.mark.parametrize("name", ["Everything", "All ads", "Summary of November"])
def test_a_row_that_is_the_sum_of_the_others_is_a_total(name: str) -> None:
    """Whatever it is called; by file, or day by day."""
    once = read(
        _META,
        "2026-11-01,2026-11-01,a,1000,5.11,10",
        "2026-11-01,2026-11-01,b,2000,7.22,30",
        f"2026-11-01,2026-11-01,{name},3000,12.33,40",
    )
    days = [
        f"2026-11-0{day},2026-11-0{day},{ad},{shown},{spent},{clicks}"
        for day in (1, 2)
        for ad, shown, spent, clicks in [
            ("a", 1000 * day, 5, 10),
            ("b", 2000, 7, 30),
            (name, 1000 * day + 2000, 12, 40),
        ]
    ]

    assert set(once["ad_name"]) == {"a", "b"}
    assert set(read(_META, *days)["ad_name"]) == {"a", "b"}


def test_an_ad_with_an_id_is_never_a_sum() -> None:
    """Nor a row that is no sum on every day, nor small numbers that add up by chance."""
    ids = read(
        "Reporting starts,Reporting ends,Ad ID,Ad name,Impressions,Amount spent (USD)",
        *(
            f"2026-11-01,2026-11-01,{ad},{ad},{shown},{spent}"
            for ad, shown, spent in [(1, 1000, 5), (2, 2000, 7), (3, 3000, 12)]
        ),
    )
    small = read(
        _META,
        *(
            f"2026-11-01,2026-11-01,{ad},{shown},{spent},0"
            for ad, shown, spent in [("a", 1, 0.01), ("b", 1, 0.01), ("c", 2, 0.02)]
        ),
    )

    assert len(ids) == len(small) == 3


# Days -------------------------------------------------------------------------------------------------------------------

SPANS = ["2026-01-01 00:00 - 2026-01-31 23:59", "2026-01-01..2026-01-31", "2026-01-01 through 2026-01-31", "2026/01/01～2026/01/31", "2026年1月1日~2026年1月31日", "2026-01-01 - 2026-01-31", "2026-01-01 ~ 2026-01-31", "2026-01-01~2026-01-31", "2026-01-01 to 2026-01-31", "Jan 1, 2026 – Jan 31, 2026",
         "2026年1月1日至2026年1月31日", "2026-01-01から2026-01-31", "1 января 2026 - 31 января 2026",
         "1/1/2026 - 1/31/2026", "01.01.2026 - 31.01.2026", "2026/01/01-2026/01/31", "2026-01-01/2026-01-31"]  # fmt: skip


@pytest.mark.parametrize("text", SPANS)
def test_a_span_in_the_column_of_days_is_a_span(text: str) -> None:
    """Not its first day alone."""
    frame = read("Day,Ad name,Impressions,Amount spent (USD),Link clicks", f'"{text}",a,1000,5,10')

    assert (frame["date_start"][0], frame["date_end"][0]) == (date(2026, 1, 1), date(2026, 1, 31))


DAYS = {
    "13/11/26": date(2026, 11, 13), "11/13/26": date(2026, 11, 13), "13-Nov-26": date(2026, 11, 13), "13 Nov 2026": date(2026, 11, 13),
    "13. Okt. 2026": date(2026, 10, 13), "13 de nov. de 2026": date(2026, 11, 13), "13 févr. 2026": date(2026, 2, 13), "Nov 13, 2026, 12:00 AM": date(2026, 11, 13),
    "2026-11-13 00:00:00": date(2026, 11, 13), "13 juil. 2026": date(2026, 7, 13),
    "Fri, Nov 13 2026": date(2026, 11, 13), "Friday, November 13, 2026": date(2026, 11, 13), "Fr., 13. November 2026": date(2026, 11, 13),
    "13th November 2026": date(2026, 11, 13), "1er novembre 2026": date(2026, 11, 1), "1º de novembro de 2026": date(2026, 11, 1),
    "13 ноября 2026": date(2026, 11, 13), "13 Kasım 2026": date(2026, 11, 13), "13 Agustus 2026": date(2026, 8, 13), "2026년 11월 13일": date(2026, 11, 13),
}  # fmt: skip


@pytest.mark.parametrize(("text", "day"), DAYS.items(), ids=DAYS)
def test_a_day_is_read(text: str, day: date) -> None:
    """With two digits of the year, with the names of months in several languages."""
    frame = read("Day,Ad name,Impressions,Amount spent (USD),Link clicks", f'"{text}",a,1000,5,10')

    assert frame["date_start"].tolist() == [day]


@pytest.mark.parametrize("text", ["26/11/01", "11/12/26"])
def test_two_digits_that_could_be_two_days_are_refused(text: str) -> None:
    """A year first, or a month first."""
    assert "no day, or one that could be two" in reasons(
        f"Day,Ad name,Impressions,Amount spent (USD),Link clicks\n{text},a,1000,5,10".encode()
    )


def test_the_order_of_days_is_that_of_another_column() -> None:
    """A campaign's end on the 25th says that days come first."""
    frame = read(
        "Reporting starts,Reporting ends,Ad name,Impressions,Amount spent (USD),Link clicks,Ends",
        "03/11/2026,03/11/2026,a,1000,5,10,25/12/2026",
    )

    assert frame["date_start"].tolist() == [date(2026, 11, 3)]


@pytest.mark.parametrize(
    "line",
    [
        "January 20, 2026 - January 21, 2026",
        '"January 20, 2026 - January 21, 2026"',
        "20 January 2026 - 21 January 2026",
        "Ad report (Jan 20, 2026-Jan 21, 2026)",
    ],
)
def test_the_days_above_googles_header_are_read(line: str) -> None:
    """With quotes or without."""
    frame = read("Ad report", line, "Ad name,Currency code,Impr.,Clicks,Cost", "a,USD,1000,10,5")

    assert (frame["date_start"][0], frame["date_end"][0]) == (date(2026, 1, 20), date(2026, 1, 21))


def test_hours_are_summed_to_days() -> None:
    """Equal hours are no repeats; the same hour twice is one."""
    rows = [
        "9,2026-11-01 05:00:00,100,2000000,3",
        "9,2026-11-01 06:00:00,100,2000000,3",
        "9,2026-11-02 05:00:00,70,1000000,1",
    ]

    frame = read_exports(
        {
            name: "\n".join(["ad_id,date_hour,impressions,spend,swipes", *rows]).encode()
            for name in ("snap.csv", "snap-again.csv")
        }
    )

    assert frame[["impressions", "spend", "clicks_link"]].to_numpy().tolist() == [[200, 4, 6], [70, 1, 1]]
    assert frame["breakdown"].isna().all()


def test_a_column_of_hours_is_summed_to_days() -> None:
    """As Meta breaks a day down."""
    header = "Reporting starts,Reporting ends,Time of day (ad account time zone),Ad ID,Impressions,Amount spent (USD),Link clicks"

    frame = read(
        header, *(f"2026-11-01,2026-11-01,{hour}:00:00 - {hour}:59:59,7,100,1,2" for hour in ("01", "02"))
    )

    assert frame[["impressions", "spend"]].to_numpy().tolist() == [[200, 2]]


# Platforms --------------------------------------------------------------------------------------------------------------

_CONNECTOR = "{column},Date,Campaign,Ad name,Impressions,Clicks,{spend},Conversions"


@pytest.mark.parametrize(
    "column",
    [
        "datasource",
        "Data Source type",
        "Data source",
        "Platform",
        "Channel",
        "source",
        "Provider",
        "Bron",
        "where",
    ],
)
@pytest.mark.parametrize("spend", ["Spend", pytest.param("Cost", marks=pytest.mark.slow)])
def test_a_table_of_several_platforms_is_split(column: str, spend: str) -> None:
    """By the column that names them, however it is called; each with its own meaning of a click."""
    rows = [
        "facebook,2026-11-01,c,a,1000,30,5.5,1",
        "google_ads,2026-11-01,c,a,2000,40,7,2",
        "snapchat,2026-11-01,c,a,3000,50,8,3",
    ]

    frame = read(_CONNECTOR.format(column=column, spend=spend), *rows)

    assert dict(zip(frame["platform"], frame["spend"], strict=True)) == {"meta": 5.5, "google": 7, "snap": 8}
    assert frame.set_index("platform")["clicks_link"].dropna().to_dict() == {"google": 40, "snap": 50}


@pytest.mark.parametrize(
    ("name", "platform"),
    [
        ("Meta Ads (Facebook)", "meta"),
        ("TikTok Ads Manager", "tiktok"),
        ("facebookads", "meta"),
        ("YouTube", "google"),
        ("Snapchat", "snap"),
    ],
)
def test_a_platform_goes_by_many_names(name: str, platform: str) -> None:
    """Beside another; rows of what it has besides ads are refused."""
    rows = [f"{name},2026-11-01,c,a,1000,30,5.5,1", "Pinterest,2026-11-01,c,a,2000,40,7,2"]
    header = _CONNECTOR.format(column="Channel", spend="Cost")

    assert set(read(header, *rows)["platform"]) == {platform, "pinterest"}
    assert "no platform that is read" in reasons(
        "\n".join([header, *rows, "Google Analytics,2026-11-01,c,a,1,1,1,1"]).encode()
    )


def test_a_total_of_several_platforms_is_counted_as_one() -> None:
    """It names none of them."""
    rows = [
        "facebook,2026-11-01,c,a,1000,30,5.5,1",
        "google_ads,2026-11-01,c,a,2000,40,7,2",
        "Total,,,,3000,70,12.5,3",
    ]

    frame = read(_CONNECTOR.format(column="datasource", spend="Spend"), *rows)

    assert (len(frame), frame.attrs["totals"]) == (2, 1)


def test_a_platform_that_is_not_read_is_refused_in_a_table_of_several() -> None:
    """Its rows would be lost, or counted as another's."""
    rows = [
        "facebook,2026-11-01,c,a,1000,30,5.5,1",
        "google ads,2026-11-01,c,a,2000,40,7,2",
        "bing,2026-11-01,c,a,3000,50,8,3",
    ]

    assert "'datasource' is 'bing' in 1 rows" in reasons(
        "\n".join([_CONNECTOR.format(column="datasource", spend="Spend"), *rows]).encode()
    )


def test_facebook_and_instagram_stay_a_breakdown() -> None:
    """They are places of one platform."""
    frame = read(
        f"{_META},Platform",
        "2026-11-01,2026-11-01,a,1000,5,10,facebook",
        "2026-11-01,2026-11-01,a,500,2,5,instagram",
    )

    assert frame["breakdown"].tolist() == ["publisher=facebook", "publisher=instagram"]


COMMON = "Date,Campaign name,Ad set name,Ad id,Ad name,Impressions,Reach,Frequency,Clicks,CTR,Spend,Purchases"


def test_common_headers_recognise_no_platform() -> None:
    """Spotify's export has no header that only Meta has."""
    row = "2026-11-01,c,s,9,a,1000,900,1.1,10,1,5,1"
    spotify = "Report Name: x\nReport Primary Entity: Ad\n\nAd id,Ad name,Date,Impressions,Clicks,Spend,Ad played to: 25%\n"

    assert "is of no platform that is known" in reasons(f"{COMMON}\n{row}".encode())
    assert "is an export of Spotify Ads, which is not read" in reasons(spotify.encode(), "meta.csv")
    assert set(read(COMMON, row, name="facebook-november.csv")["platform"]) == {"meta"}


@pytest.mark.parametrize(
    ("name", "platform"),
    [
        ("youtube.csv", "google"),
        ("adwords 2026.csv", "google"),
        ("snapchat.csv", "snap"),
        ("FB_ads.csv", "meta"),
        ("x/linkedin/1.csv", "linkedin"),
    ],
)
def test_a_file_is_named_after_a_platform_by_any_of_its_names(name: str, platform: str) -> None:
    """As people name files."""
    assert set(
        read("Date,Ad ID,Ad name,Impressions,Clicks,Currency", "2026-11-01,1,a,1000,10,USD", name=name)[
            "platform"
        ]
    ) == {platform}


@pytest.mark.parametrize(("name", "header", "row"), [
    ("snap.csv", "id,type,start_time,end_time,spend,impressions,swipes", "1,CAMPAIGN,2026-11-01,2026-11-01,5000000,1000,3"),
    ("meta.csv", f"{_META},Delivery level", "2026-11-01,2026-11-01,a,1000,5,10,campaign"),
    ("tiktok.csv", "stat_time_day,ad_id,impressions,spend,clicks,data_level", "2026-11-01,1,1000,5,3,AUCTION_ADGROUP"),
    ("linkedin.csv", "start_date,pivotValues,impressions,costInLocalCurrency,landingPageClicks", "2026-11-01,urn:li:sponsoredCampaign:5,1000,5,3"),
])  # fmt: skip
def test_rows_that_are_not_about_an_ad_are_refused(name: str, header: str, row: str) -> None:
    """The id of a campaign is no ad's."""
    assert "export it on the level of ads" in reasons(f"{header}\n{row}".encode(), name)


# Results ----------------------------------------------------------------------------------------------------------------

_RESULTS = f"{_META},Result type,Results"


def test_results_are_conversions_of_the_kind_beside_them() -> None:
    """A link click or a reach is none: there the conversions are unknown."""
    frame = read(
        _RESULTS,
        "2026-11-01,2026-11-01,a,1000,5,10,Meta leads,4",
        "2026-11-01,2026-11-01,b,1000,5,10,Link clicks,10",
        "2026-11-01,2026-11-01,c,1000,5,10,,",
    )

    assert frame["conversions"].fillna(-1).tolist() == [4, -1, 0]
    assert frame["conversion"].tolist() == ["Meta leads", None, None]


@pytest.mark.parametrize(
    "kind", ["Website purchases", "actions:offsite_conversion.fb_pixel_purchase", "actions:omni_purchase"]
)
def test_results_that_are_purchases_are_the_platforms_own_conversions(kind: str) -> None:
    """In the words of Ads Manager or of the API."""
    frame = read(_RESULTS, f"2026-11-01,2026-11-01,a,1000,5,10,{kind},4")

    assert frame["conversions"].tolist() == [4]
    assert frame["conversion"].tolist() == [None]


def test_a_filled_column_of_purchases_goes_first() -> None:
    """They are not added up."""
    frame = read(f"{_RESULTS},Purchases", "2026-11-01,2026-11-01,a,1000,5,10,Meta leads,4,2")

    assert frame["conversions"].tolist() == [2]


def test_results_of_several_kinds_are_withheld() -> None:
    """Leads and quotes cannot be compared; hook and CTR can."""
    frame = read(
        _RESULTS,
        "2026-11-01,2026-11-01,a,1000,5,10,Meta leads,4",
        "2026-11-01,2026-11-01,b,1000,5,10,quoteReceived,3",
    )

    assert frame["conversions"].isna().all()
    assert sums(frame, "impressions", "clicks_link") == [2000, 20]


# Columns that are not read ----------------------------------------------------------------------------------------------

UNREAD = {
    "meta.csv": (f"{_META},Total_Conversion,Cost per lead,Leads,Quality ranking,ROAS", "2026-11-01,2026-11-01,a,1000,5,10,3,1.5,2,Above,3.2", ["Total_Conversion", "Leads"]),
    "sornphert-meta.csv": (f"{_META},Results", "2026-11-01,2026-11-01,a,1000,5,10,4", ["Results"]),
    "google.csv": ("Day,Ad name,Impr.,Clicks,Cost,Sale_Amount", "2026-11-01,a,1000,10,5,$1892", ["Sale_Amount"]),
    "empty-meta.csv": (f"{_META},Leads", "2026-11-01,2026-11-01,a,1000,5,10,0", []),
}  # fmt: skip


@pytest.mark.parametrize("name", UNREAD)
def test_columns_of_money_or_conversions_that_are_not_read_are_named(name: str) -> None:
    """Only those with a number in them, and no rates."""
    header, row, named = UNREAD[name]

    assert read(header, row, name=name).attrs["unread_money"] == {name: named}


READ = {
    "Spent": ("meta.csv", "ad_id,age,Impressions,Clicks,Spent", "1,30-34,1000,10,1.25", "spend", 1.25),
    "Spend In USD": ("meta.csv", "Ad Name,Impressions,Spend In USD", "a,1000,$992", "spend", 992),
    "cost_micros": ("google.csv", "date,ad_id,clicks,cost_micros,impressions", "2026-11-01,1,10,5250000,1000", "spend", 5.25),
    "Conv. value": ("google.csv", "date,ad_id,clicks,cost_micros,impressions,conversions_value", "2026-11-01,1,10,5250000,1000,7.5", "revenue", 7.5),
    "Checkout": ("pinterest.csv", "Date,Ad ID,Spend in account currency,Impressions,Total conversions (Checkout)", "2026-11-01,1,5,1000,3", "conversions", 3),
    "Purchase Conversion Value": ("meta.csv", f"{_META},Purchase Conversion Value", "2026-11-01,2026-11-01,a,1000,5,10,720", "revenue", 720),
    "TikTok hour": ("tiktok.csv", "AD_ID,STAT_TIME_HOUR,IMPRESSIONS,SPEND,CLICKS,VIDEO_WATCHED_2_S", "1,2026-11-01 5:00:00,1000,5,3,333", "v2s", 333),
}  # fmt: skip


@pytest.mark.parametrize("case", READ)
def test_a_column_of_a_real_table_is_read(case: str) -> None:
    """Names that connectors and people give."""
    name, header, row, count, value = READ[case]

    assert read(header, row, name=name)[count].tolist() == [value]


def test_a_header_may_end_with_its_currency() -> None:
    """`Spend In USD`."""
    assert read("Ad Name,Impressions,Spend In USD", "a,1000,$992", name="meta.csv")["currency"].tolist() == [
        "USD"
    ]


def test_ads_is_metas_column_of_names() -> None:
    """In a pivot of Ads Manager."""
    assert read(
        "Ads,Impressions,Link clicks,Amount spent (USD),Reporting starts,Reporting ends",
        "a,1000,10,5,2026-11-01,2026-11-07",
    )["ad_name"].tolist() == ["a"]


@pytest.mark.parametrize("write", [json.dumps, str], ids=["json", "python"])
def test_lists_of_actions_in_cells_are_read(write: object) -> None:
    """As JSON, and as Python prints them; the cells that are empty are zeros."""
    actions = [
        {"action_type": "link_click", "value": "7"},
        {"action_type": "video_view", "value": "290"},
        {"action_type": "omni_purchase", "value": "2"},
    ]
    cell = write(actions).replace('"', '""')  # type: ignore[operator]

    frame = read(
        "date_start,date_stop,ad_name,impressions,spend,actions",
        f'2026-11-01,2026-11-01,a,1000,5,"{cell}"',
        "2026-11-01,2026-11-01,b,1000,5,",
    )

    assert frame[["clicks_link", "v3s", "conversions"]].to_numpy().tolist() == [[7, 290, 2], [0, 0, 0]]


@pytest.mark.parametrize("column", ["Datum", "Region code", "Hour of day"])
def test_equal_numbers_that_an_unknown_column_tells_apart_are_refused(column: str) -> None:
    """They may be parts or days, and not repeats: leaving them out would lose numbers."""
    header = f"date_start,date_stop,ad_id,impressions,spend,inline_link_clicks,{column}"
    rows = [f"2026-11-01,2026-11-07,1,1000,5,10,{part}" for part in ("01.11.2026", "02.11.2026")]

    assert f"has the same numbers in export.csv:2, with another '{column}'" in reasons(
        "\n".join([header, *rows]).encode()
    )
    assert len(read(header.replace(column, "_fivetran_synced"), *rows)) == 1


def test_the_id_in_metas_link_to_a_preview_is_the_ads() -> None:
    """Where there is no column of ids, and every link has one."""
    links = ["https://www.facebook.com/?feed_demo_ad=120235309548440595&h=AQB", "https://fb.me/1abc"]
    rows = [f"2026-11-01,2026-11-01,a,1000,5,10,{link}" for link in links]

    assert read(f"{_META},Preview link", rows[0])["ad_id"].tolist() == ["120235309548440595"]
    assert read(f"{_META},Preview link", *rows)["ad_id"].tolist() == [None, None]


@pytest.mark.parametrize("empty", ["[]", "", "None", "nan"])
def test_a_first_row_without_actions_is_no_header(empty: str) -> None:
    """Its ad had none."""
    frame = read("date_start,date_stop,ad_id,impressions,spend,actions", f"2026-11-01,2026-11-01,1,1000,5,{empty}",
                 "2026-11-01,2026-11-01,2,1000,5,\"[{'action_type': 'link_click', 'value': '7'}]\"")  # fmt: skip

    assert frame["clicks_link"].tolist() == [0, 7]


def test_a_week_is_its_seven_days() -> None:
    """As Snap and Google export by week: the column has the first day."""
    header = "Week,Ad Name,Ad ID,Amount Spent,Paid Impressions,Clicks"

    frame = read(header, *(f"2026-11-{day},a,9,5.5,1000,10" for day in ("02", "09")), name="snap.csv")

    assert [
        (one.day, other.day) for one, other in zip(frame["date_start"], frame["date_end"], strict=True)
    ] == [(2, 8), (9, 15)]


PERIODS = {
    ("Month", "2026-02"): 28, ("Month", "2026/02"): 28, ("Month", "02/2026"): 28, ("Month", "202602"): 28, ("Month", "Feb 2026"): 28, ("Month", "Feb-26"): 28,
    ("Month", "February 2026"): 28, ("Month", "2026-02-01"): 28, ("Monat", "Februar 2026"): 28, ("Mes", "febrero de 2026"): 28, ("Mois", "févr. 2026"): 28,  # codespell:ignore februar
    ("月", "2026年2月"): 28, ("Quarter", "2026-Q1"): 90, ("Quarter", "Q1 2026"): 90, ("Quarter", "2026-01-01"): 90, ("Year", "2026"): 365,
    ("Week", "2026-W06"): 7, ("Week", "2026-02-02"): 7, ("Week", "2026-02-02 - 2026-02-08"): 7, ("Woche", "2026-02-02"): 7,
}  # fmt: skip


@pytest.mark.parametrize(("header", "text"), PERIODS, ids=[" ".join(one) for one in PERIODS])
def test_a_column_of_periods_says_the_days(header: str, text: str) -> None:
    """On every platform, however the period is written; a column of days beside it goes first."""
    alone = read(f"{header},Ad name,Impressions,Amount spent (USD),Link clicks", f"{text},a,1000,5,10").iloc[
        0
    ]
    beside = read(
        f"Day,{header},Ad name,Impressions,Amount spent (USD),Link clicks", f"2026-02-03,{text},a,1000,5,10"
    )

    assert (alone["date_end"] - alone["date_start"]).days + 1 == PERIODS[header, text]
    assert alone["date_start"] <= date(2026, 2, 2) <= alone["date_end"]
    assert beside["date_end"].tolist() == [date(2026, 2, 3)]


def test_months_of_one_ad_are_no_contradiction() -> None:
    """An ad with an id, one row a month."""
    header = "Month,Ad ID,Ad name,Impr.,Cost,Clicks,Currency code"

    frame = read(header, "2026-01-01,7,a,1000,5,10,USD", "2026-02-01,7,a,2000,6,11,USD", name="google.csv")

    assert sums(frame, "impressions", "spend") == [3000, 11]


@pytest.mark.parametrize("text", ["45", "last week"])
def test_a_week_without_its_days_is_refused(text: str) -> None:
    """A number of a week needs its year."""
    content = f"Week,Ad name,Impressions,Amount spent (USD),Link clicks\n{text},a,1000,5,10"

    assert "no week, and no first day" in reasons(content.encode())


def test_a_header_in_the_middle_is_no_ad() -> None:
    """Where files were put one behind the other."""
    frame = read(_META, "2026-11-01,2026-11-01,a,1000,5,10", _META, "2026-11-02,2026-11-02,a,2000,6,11")

    assert sums(frame, "impressions", "spend") == [3000, 11]


def test_identical_rows_without_ids_are_counted() -> None:
    """They may be two ads of one name."""
    row = "2026-11-01,2026-11-01,a,1000,5,10"

    assert read(_META, row, row).attrs["nameless"] == 1


def test_a_few_rows_in_another_currency_are_set_apart() -> None:
    """Where one currency has most rows; without a majority the file is refused."""
    rows = [f"2026-11-0{day},{ad},USD,1000,5,10" for day in (1, 2) for ad in "ab"]
    header = "Reporting starts,Ad name,Currency,Impressions,Amount spent,Link clicks"

    frame = read(header, *rows, "2026-11-01,c,EUR,1000,5,10")

    assert frame.attrs["set_apart"] == {"meta": {"EUR": 1}}
    assert sums(frame, "spend") == [20]


# APIs -------------------------------------------------------------------------------------------------------------------

_ROW = {
    "date_start": "2026-11-01",
    "date_stop": "2026-11-01",
    "ad_id": "1",
    "impressions": "1000",
    "spend": "5",
}
_LINKEDIN = {
    "pivotValues": ["urn:li:sponsoredCreative:5"],
    "dateRange": {
        "start": {"year": 2026, "month": 11, "day": 1},
        "end": {"year": 2026, "month": 11, "day": 1},
    },
    "impressions": 1000,
    "costInLocalCurrency": "5.5",
    "landingPageClicks": 3,
}
_TIKTOK = {
    "dimensions": {"ad_id": "1", "stat_time_day": "2026-11-01"},
    "metrics": {"impressions": "1000", "spend": "5", "video_watched_2s": "9"},
}
_SNAP = {
    "id": "9",
    "type": "AD",
    "granularity": "DAY",
    "timeseries": [
        {
            "start_time": f"2026-11-0{day}T00:00:00Z",
            "end_time": f"2026-11-0{day + 1}T00:00:00Z",
            "stats": {"impressions": 1000 * day, "spend": 5_000_000, "swipes": 3},
        }
        for day in (1, 2)
    ],
}
_GOOGLE = {
    "segments": {"date": "2026-11-01"},
    "adGroupAd": {"ad": {"id": "1"}},
    "ad_group_ad": {"ad": {"id": "1"}},
    "metrics": {"impressions": "1000", "clicks": "3", "cost_micros": "5000000"},
}

PARTS = {
    "meta": {"data": [_ROW], "paging": {"cursors": {"after": "x"}, "next": "https://example.com/?after=x"}},
    "google": {"results": [_GOOGLE], "nextPageToken": "abc"},
    "tiktok": {"data": {"list": [_TIKTOK], "page_info": {"page": 1, "page_size": 1, "total_page": 3, "total_number": 3}}},
    "linkedin": {"elements": [_LINKEDIN], "paging": {"start": 0, "count": 1, "total": 5, "links": []}},
    "linkedin link": {"elements": [_LINKEDIN], "paging": {"start": 0, "count": 1, "links": [{"rel": "next", "href": "/x"}]}},
    "snap": {"timeseries_stats": [{"timeseries_stat": _SNAP}], "paging": {"next_link": "https://example.com"}},
    "pinterest": {"items": [], "data": [{"DATE": "2026-11-01", "AD_ID": "1", "IMPRESSION_1": 1000, "SPEND_IN_DOLLAR": 5}], "bookmark": "abc"},
    "meta nested": {"data": [{"id": "1", "name": "a", "insights": {"data": [_ROW], "paging": {"next": "https://example.com"}}}]},
}  # fmt: skip


ERRORS = {
    "meta": {"error": {"message": "(#17) User request limit reached", "type": "OAuthException", "code": 17}},
    "google": {"error": {"code": 401, "message": "Request had invalid credentials", "status": "UNAUTHENTICATED"}},
    "tiktok": {"code": 40105, "message": "Access token is incorrect", "request_id": "1", "data": {}},
    "snap": {"request_status": "ERROR", "debug_message": "Forbidden", "code": "E1001"},
    "linkedin": {"serviceErrorCode": 65601, "message": "The token has been revoked", "status": 401},
    "pinterest": {"code": 2, "message": "Authentication failed."},
}  # fmt: skip


@pytest.mark.parametrize("case", ERRORS)
def test_the_error_of_an_api_is_refused_in_its_own_words(case: str) -> None:
    """It was saved in place of a report."""
    words = re.search(r'message": "(.+?)"', written := json.dumps(ERRORS[case]))

    found = reasons(written.encode(), f"{case}.json")

    assert words
    assert f"an error that the API answered, no report: '{words[1]}" in found


@pytest.mark.parametrize("case", PARTS)
@pytest.mark.parametrize("written", ["whole", "lines"])
def test_a_page_that_says_that_there_is_more_is_refused(case: str, written: str) -> None:
    """Each platform's own mark; also the last of several pages."""
    content = json.dumps(PARTS[case]) if written == "whole" else "\n".join(map(json.dumps, [PARTS[case]] * 2))

    assert "is a part" in reasons(content.encode(), f"{case.split(maxsplit=1)[0]}.json")


def test_all_pages_together_are_read() -> None:
    """As a list in one file: the last says that it is the last."""
    pages = [
        PARTS["meta"],
        {
            "data": [{**_ROW, "ad_id": "2"}],
            "paging": {"cursors": {"before": "y"}, "previous": "https://example.com"},
        },
    ]
    tiktok = [
        {
            "data": {
                "list": [{**_TIKTOK, "dimensions": {"ad_id": str(page), "stat_time_day": "2026-11-01"}}],
                "page_info": {"page": page, "total_page": 2},
            }
        }
        for page in (2, 1)
    ]

    assert sums(read_exports({"meta.json": json.dumps(pages).encode()}), "impressions") == [2000]
    assert sums(read_exports({"tiktok.json": json.dumps(tiktok).encode()}), "impressions") == [2000]


def test_nested_answers_are_read() -> None:
    """Meta's ads with their insights, Snap's series, LinkedIn's pivots."""
    row = {key: value for key, value in _ROW.items() if key != "ad_id"}
    meta = {
        "data": [
            {
                "id": "7",
                "name": "HV-x",
                "insights": {"data": [row, {**row, "date_start": "2026-11-02", "date_stop": "2026-11-02"}]},
            }
        ]
    }
    broken_down = {
        "timeseries_stats": [
            {"timeseries_stat": {"id": "5", "type": "CAMPAIGN", "breakdown_stats": {"ad": [_SNAP]}}}
        ]
    }

    found = {
        name: read_exports({name: json.dumps(value).encode()})
        for name, value in {
            "meta.json": meta,
            "linkedin.json": {"elements": [_LINKEDIN]},
            "snap.json": {"timeseries_stats": [{"timeseries_stat": _SNAP}]},
            "snap-ads.json": broken_down,
        }.items()
    }

    assert {name: (frame["ad_id"].unique().tolist(), *sums(frame, "impressions", "spend"), frame["date_end"].max().day) for name, frame in found.items()} == {
        "meta.json": (["7"], 2000, 10, 2), "linkedin.json": (["5"], 1000, 5.5, 1), "snap.json": (["9"], 3000, 10, 2), "snap-ads.json": (["9"], 3000, 10, 2),
    }  # fmt: skip


# Files ------------------------------------------------------------------------------------------------------------------


def _zipped(**files: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


KINDS = {
    "a.xls": (b"\xd0\xcf\x11\xe0\xa1\xb1", "is no workbook that can be read"),
    "b.xls": (b"<html><body><table><tr><td>Ad name</td></tr></table>", "is a web page or XML"),
    "c.xls": (b'<?xml version="1.0"?><Workbook>', "is a web page or XML"),
    "d.csv.gz": (gzip.compress(b"Ad name"), "is compressed with gzip"),
    "e.zip": (_zipped(**{"a.csv": "Ad name", "b.csv": "x"}), "is a zip of 2 files"),
    "f.xlsb": (_zipped(**{"xl/workbook.bin": ""}), "is a binary workbook"),
    "g.ods": (_zipped(mimetype="application/vnd.oasis.opendocument.spreadsheet"), "is a workbook of LibreOffice"),
    "h.pdf": (b"%PDF-1.7", "is a PDF"),
    "i.parquet": (b"PAR1....", "is a Parquet file"),
}  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_a_file_of_another_kind_is_refused_by_its_name(name: str) -> None:
    """Whatever its ending says."""
    content, reason = KINDS[name]

    assert reason in reasons(content, name)
    assert reason in reasons(content, "renamed.csv")
