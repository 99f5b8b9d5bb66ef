"""A number reads back as it was meant, or is refused."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hailuo.report.exports import ExportError, read_export
from hailuo.report.exports.days import day_of, is_day_first, span_in
from hailuo.report.exports.numbers import Decimal, Unclear, decimal_of, value_of, written

_MONEY = frozenset({"$", "€", "US$", "USD", "EUR"})
_STYLES = [
    (".", ","),
    (",", "."),
    (".", ""),
    (",", ""),
    (".", " "),
    (",", "\u202f"),
    (",", "\u00a0"),
    (".", "'"),
    (".", "’"),
]
_DRESS = ["{}", "${}", "{} €", "USD {}", "{}USD", " {} ", "US${}", "\u200e{}"]


@given(
    cents=st.integers(0, 10**12),
    style=st.sampled_from(_STYLES),
    dress=st.sampled_from(_DRESS),
)
def test_money_in_any_style_reads_back(cents: int, style: tuple[Decimal, str], dress: str) -> None:
    """Two decimals always say which mark is the decimal one."""
    decimal, group = style
    text = f"{cents / 100:_.2f}" if cents < 10**15 else str(cents)
    text = text.replace(".", "D").replace("_", group).replace("D", decimal)

    parts = written(dress.format(text), _MONEY)

    assert parts is not None
    assert decimal_of([parts.digits]) == decimal
    assert value_of(parts.digits, decimal) == cents / 100


@given(counts=st.lists(st.integers(0, 10**9), min_size=1), group=st.sampled_from([",", ".", " "]))
def test_whole_counts_read_back_with_any_separator_of_thousands(counts: list[int], group: str) -> None:
    """`1,234` in a column of impressions is a thousand, and tells how the file is written."""
    texts = [f"{count:,}".replace(",", group) for count in counts]
    found = [parts.digits for text in texts if (parts := written(text, _MONEY))]

    decimal = decimal_of([], found)

    assert [value_of(digits, decimal) for digits in found] == counts


@pytest.mark.parametrize(
    ("digits", "decimal", "value"),
    [
        ("1,23,456.78", ".", 123456.78),
        ("12.5", ".", 12.5),
        (".5", ".", 0.5),
        ("0,125", ",", 0.125),
        ("1234", ",", 1234.0),
    ],
)
def test_numbers_read(digits: str, decimal: Decimal, value: float) -> None:
    """India's groups of two, no digit before the mark, three decimals."""
    assert value_of(digits, decimal) == value


@pytest.mark.parametrize("digits", ["1,23", "1,2345", "1.2.3", "12,34,5", "1,234,56"])
def test_digits_in_no_groups_are_no_number(digits: str) -> None:
    """A separator that groups nothing is not dropped."""
    assert value_of(digits, ".") is None


@pytest.mark.parametrize("text", ["12 k", "1.2K", "abc", "12-13", "1e5", "5 apples", "", "--5", "< 10", "£5"])
def test_what_is_no_number_is_none(text: str) -> None:
    """Nothing is guessed."""
    assert written(text, _MONEY) is None


@pytest.mark.parametrize("numbers", [["1,234"], ["1.234"], ["1,50", "1.50"]])
def test_numbers_that_could_be_two_are_unclear(numbers: list[str]) -> None:
    """`1,234` of money alone may be a thousand, or one and a quarter."""
    with pytest.raises(Unclear):
        decimal_of(numbers)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "2026-11-03",
            "2026/11/3",
            "20261103",
            "2026-11-03 00:00:00",
            "2026-11-03T09:30:00Z",
            "2026. 11. 3.",
        ),
        *("Nov 3, 2026", "November 3, 2026", "3 Nov 2026", "3-Nov-2026", "03.11.2026"),
    ],
)
def test_days_read(text: str) -> None:
    """As people, spreadsheets and platforms write them."""
    assert day_of(text) == date(2026, 11, 3)


@given(day=st.dates(date(2000, 1, 1), date(2099, 12, 31)), day_first=st.booleans())
def test_a_day_reads_back_in_either_order(day: date, day_first: bool) -> None:
    """Once it is known whether days or months come first."""
    text = f"{day:%d/%m/%Y}" if day_first else f"{day:%m/%d/%Y}"

    assert day_of(text, day_first=day_first) == day


def test_one_day_past_the_twelfth_tells_the_order() -> None:
    """The whole file is asked."""
    assert is_day_first(["03/04/2026", "13/04/2026"]) is True
    assert is_day_first(["03/04/2026", "04/13/2026"]) is False
    assert is_day_first(["03/04/2026"]) is None
    assert is_day_first(["13/04/2026", "04/13/2026"]) is None


@pytest.mark.parametrize("text", ["03/04/2026", "2026-13-01", "31.02.2026", "yesterday", "Foo 3, 2026"])
def test_what_is_no_day_or_two_days_is_none(text: str) -> None:
    """March or April is not guessed."""
    assert day_of(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "November 1, 2026 - November 30, 2026",
        "Dates: Nov 1, 2026 – Nov 30, 2026",
        "2026-11-01 - 2026-11-30",
        "1 Nov 2026 to 30 Nov 2026",
    ],
)
def test_a_line_of_the_preamble_tells_a_span(text: str) -> None:
    """As platforms write it above the header."""
    assert span_in(text) == (date(2026, 11, 1), date(2026, 11, 30))


def test_money_that_could_be_two_is_refused_unless_a_rate_tells() -> None:
    """Columns that are never read still show how the file is written."""
    rows = 'Reporting starts,Ad name,Amount spent (USD),Impressions,CTR (all){}2026-11-01,a,"1,234",500,{}\n'

    frame = read_export(rows.format("\n", "1.25").encode(), name="meta.csv")

    assert frame["spend"].tolist() == [1234.0]
    with pytest.raises(ExportError, match="could be a thousand or one and a fraction"):
        read_export(rows.format("\n", "1").encode(), name="meta.csv")
