"""Exports as accounts all over the world have them: languages, signs of money, orders of days, settings that differ."""

from datetime import date

import pandas as pd
import pytest

from hailuo.report.exports import read_exports
from hailuo.report.exports.days import is_day_first
from hailuo.report.exports.fields import ExportError

LANGUAGES = {
    "de": "Tag,Name der Kampagne,Name der Anzeige,Impressionen,Ausgegebener Betrag (EUR),Link-Klicks",
    "pt": "Dia,Nome da campanha,Nome do anúncio,Impressões,Valor usado (BRL),Cliques no link",
    "it": "Giorno,Nome della campagna,Nome dell'inserzione,Impression,Importo speso (EUR),Clic sul link",
    "nl": "Dag,Campagnenaam,Advertentienaam,Weergaven,Besteed bedrag (EUR),Klikken op links",
    "pl": "Dzień,Nazwa kampanii,Nazwa reklamy,Wyświetlenia,Wydana kwota (PLN),Kliknięcia linku",
    "vi": "Ngày,Tên chiến dịch,Tên quảng cáo,Lượt hiển thị,Số tiền đã chi tiêu (VND),Lượt click vào liên kết",
    "ja": "日,キャンペーン名,広告の名前,インプレッション,消化金額 (JPY),リンクのクリック",
    "zh": "日期,广告系列名称,广告名称,展示次数,已花费金额 (USD),链接点击量",
    "zh-Hant": "日期,行銷活動名稱,廣告名稱,曝光次數,花費金額 (TWD),連結點擊次數",
    "es": "Día,Nombre de la campaña,Nombre del anuncio,Impresiones,Importe gastado (EUR),Clics en el enlace",
}


def read(*files: str) -> pd.DataFrame:
    return read_exports({f"{number}.csv": text.encode() for number, text in enumerate(files)})


@pytest.mark.parametrize("header", LANGUAGES.values(), ids=LANGUAGES)
def test_the_headers_of_a_language_are_known(header: str) -> None:
    """Without a mapping file."""
    frame = read(f"{header}\n2026-11-13,Spring,an ad,1200,30,12")

    assert frame[["impressions", "spend", "clicks_link"]].to_numpy().tolist() == [[1200, 30, 12]]
    assert frame["ad_name"].tolist() == ["an ad"]


MONEY = {
    "CA$3.20": (3.2, "CAD"), "A$3.20": (3.2, "AUD"), "NZ$3.20": (3.2, "NZD"), "MX$3.20": (3.2, "MXN"),
    "NT$320": (320, "TWD"), "HK$3.20": (3.2, "HKD"), "S$3.20": (3.2, "SGD"), "S/3.20": (3.2, "PEN"),
    "RM3.20": (3.2, "MYR"), "Rp32.000": (32_000, "IDR"), "Rp. 32.000": (32_000, "IDR"), "3,20 kr.": (3.2, None),
    "3,20 Kč": (3.2, "CZK"), "320 Ft": (320, "HUF"), "3,20 zł": (3.2, "PLN"), "3,20 ₽": (3.2, "RUB"),
    "₦3.20": (3.2, "NGN"), "د.إ. 3.20": (3.2, "AED"), "3.20 د.إ.": (3.2, "AED"), "$3.20 USD": (3.2, "USD"),
    "$3.20": (3.2, None), "EUR 3,20": (3.2, "EUR"), "€3.20": (3.2, "EUR"), "-": (float("nan"), None),
}  # fmt: skip


@pytest.mark.parametrize(("text", "value"), MONEY.items(), ids=MONEY)
def test_a_sign_of_money_may_be_of_any_account(text: str, value: tuple[float, str | None]) -> None:
    """The sign says the currency where it is of one alone."""
    header = "Day,Campaign,Ad name,Ad ID,Cost,Impr.,Clicks"
    frame = read(f'{header}\n2026-11-13,Spring,an ad,1,"{text}",1200,12')

    amount, currency = value
    assert frame["spend"].tolist() == pytest.approx([amount], nan_ok=True)
    assert frame["currency"].tolist() == [currency]


@pytest.mark.parametrize("text", ["3.20 apples", "$3.20 apples", "x3.20", "3.20 USD USD"])
def test_any_other_word_beside_a_number_is_refused(text: str) -> None:
    """It is no sign of money."""
    header = "Day,Campaign,Ad name,Ad ID,Cost,Impr.,Clicks"

    with pytest.raises(ExportError, match="no number"):
        read(f'{header}\n2026-11-13,Spring,an ad,1,"{text}",1200,12')


@pytest.mark.parametrize(
    ("currency", "spend"), [("JPY", 2345), ("KRW", 2345), ("VND", 2345), ("IDR", 2345), ("USD", None)]
)
def test_a_currency_without_cents_has_no_fractions(currency: str, spend: float | None) -> None:
    """`2,345` of yen is a thousand and more; of dollars it stays open, and is asked."""
    text = f'Day,Campaign name,Ad name,Amount spent ({currency}),Impressions,Link clicks\n2026-11-13,c,a,"2,345",900,9'

    if spend is None:
        with pytest.raises(ExportError, match="could be a thousand or one and a fraction"):
            read(text)
    else:
        assert read(text)["spend"].tolist() == [spend]


@pytest.mark.parametrize(
    ("texts", "within", "expected"),
    [
        (["11/01/2026", "11/02/2026"], (date(2026, 11, 1), date(2026, 11, 7)), False),
        (["01/11/2026", "02/11/2026"], (date(2026, 11, 1), date(2026, 11, 7)), True),
        (["11/01/2026", "11/02/2026", "11/03/2026"], None, False),
        (["01/11/2026", "02/11/2026", "03/11/2026"], None, True),
        (["11/01/2026", "11/02/2026"], None, None),
        (["11/01/2026", "11/02/2026"], (date(2025, 1, 1), date(2025, 2, 1)), None),
        (["10/10/2026"], (date(2026, 10, 1), date(2026, 10, 31)), None),
        (["11/13/2026", "13/11/2026"], (date(2026, 11, 1), date(2026, 11, 30)), None),
    ],
)
def test_the_days_of_the_file_decide_their_order(texts, within, expected) -> None:
    """What it says it covers, or days that follow each other; else it stays open."""
    assert is_day_first(texts, within=within) is expected


def test_a_report_of_linkedin_says_which_days_it_covers() -> None:
    """In lines above the header; and it always has the month first."""
    report = "Ad Performance Report (in UTC)\nReport Start: November 1, 2026, 12:00 AM\n\n{}\n".format(
        "\t".join(("Start Date (in UTC)", "Ad ID", "Creative Name", "Impressions", "Clicks", "Total Spent"))
    )

    frame = read(report + "11/02/2026\t400001\tan ad\t1200\t12\t30.5")

    assert frame["date_start"].tolist() == [date(2026, 11, 2)]


def test_different_attribution_leaves_out_conversions_alone() -> None:
    """Views and clicks do not depend on it."""
    header = "Day,Ad name,Ad ID,Attribution setting,Amount spent (USD),Impressions,Link clicks,Purchases"
    rows = ["2026-11-13,a,1,7-day click,3,1000,10,2", "2026-11-13,b,2,1-day click,3,1000,10,2"]

    mixed = read("\n".join([header, *rows]))
    alike = read("\n".join([header, *(row.replace("7-day", "1-day") for row in rows)]))

    assert mixed["conversions"].isna().all()
    assert mixed["clicks_link"].tolist() == [10, 10]
    assert alike["conversions"].tolist() == [2, 2]


@pytest.mark.parametrize("row", ["0,0.5,0", "0,0,3", ",3,1"])
def test_money_or_clicks_without_impressions_are_refused(row: str) -> None:
    """A formula without its value, say, reads as none."""
    impressions, spend, clicks = row.split(",")
    header = "Day,Ad name,Ad ID,Amount spent (USD),Impressions,Link clicks"

    with pytest.raises(ExportError, match="has clicks or spend, and no impressions"):
        read(f"{header}\n2026-11-13,a,1,{spend},{impressions},{clicks}")
