"""A column without a single number is not known, which is not 0: of every count, on every platform whose blanks are 0."""

import pandas as pd
import pytest

from hailuo.report.cautions import cautions
from hailuo.report.exports import read_exports
from hailuo.report.exports.formats import formats_that_ship
from hailuo.report.join import join
from hailuo.report.metrics import COUNT_NAMES, Count
from tests.support.report.frames import make_variants

ZERO = {name: form for name, form in formats_that_ship().platforms().items() if form.blank == "zero"}
CASES = [
    (platform.value, name, header)
    for platform, form in ZERO.items()
    for header, name in form.columns()
    if name in COUNT_NAMES and name not in {Count.IMPRESSIONS, Count.REACH, *form.required}
]
FIRST = {(platform, name): header for platform, name, header in reversed(CASES)}
BASE = ("Ad ID", "Ad name", "Impressions")
A = "7KQ2M9X4TD"


def read(platform: str, header: str, *columns: list[str]) -> pd.DataFrame:
    """Files of two ads with these cells in the column."""
    files = {
        f"{platform}-{number}.csv": "\n".join(
            [
                ",".join(["Day", *BASE, f'"{header}"']),
                *(
                    f"2026-11-{number + 1:02},1{row},HV-{A},1000,{cell}"
                    for row, cell in enumerate(cells, start=1)
                ),
            ]
        ).encode()
        for number, cells in enumerate(columns)
    }
    return read_exports(files)


@pytest.mark.parametrize(("platform", "name"), FIRST, ids=str)
def test_a_count_of_which_no_row_has_a_number_is_not_known(platform: str, name: str) -> None:
    """One number anywhere says that it is counted: then a blank cell is 0, in the other files too."""
    header = FIRST[platform, name]

    empty = read(platform, header, ["", ""])
    filled = read(platform, header, ["", "3"])
    beside = read(platform, header, ["", ""], ["2", ""])

    assert empty[name].isna().all()
    assert [header in one.attrs["blank"].get(f"{platform}-0.csv", []) for one in (empty, beside)] == [
        True,
        False,
    ]
    assert filled[name].tolist() == [0.0, 3.0]
    assert beside[name].tolist() == [0.0, 0.0, 2.0, 0.0]


def test_a_blank_column_is_named_on_the_page() -> None:
    """By its header."""
    joined = join(read("meta", "Link clicks", ["", ""]), make_variants(A))

    said = "\n".join(cautions(joined, make_variants(A)))

    assert 'has columns without a single number: "Link clicks"' in said
    assert "not known, which is not 0" in said
