"""A real account's Facebook ads, read through a mapping file: three totals that others have counted (G10).

1,143 ads known as KAG_conversion_data (Kaggle, "Sales Conversion Optimization"; its licence is unclear). The file is
neither part of this project nor downloaded: `make judge HAILUO_KAG=KAG_conversion_data.csv` reads one that you have.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks.judge.lines import Line, not_run
from hailuo.report.exports import read_exports, read_mapping

_MAPPING: Final = Path("tests/report/exports/kaggle.toml")
_NAME: Final = "kaggle.csv"  # what the mapping is for
_TOTALS: Final = {"impressions": 213_434_828.0, "clicks_link": 38_165.0, "spend": 58_705.23}


def kaggle_totals(path: Path | None) -> Iterator[Line]:
    """Impressions, clicks and spend of all rows, to the cent."""
    if path is None or not path.exists():
        yield not_run("G10", "totals of 1,143 real Facebook ads (KAG)", "no data; HAILUO_KAG=FILE")
        return
    mapping = read_mapping(_MAPPING.read_bytes(), name=_MAPPING.name)
    rows = read_exports({_NAME: path.read_bytes()}, mappings=[mapping])
    for name, expected in _TOTALS.items():
        found = round(float(rows[name].sum()), 2)
        yield Line(
            goal="G10",
            what=f"{name} of {len(rows):,} real Facebook ads (KAG), through a mapping",
            expected=f"{expected:,.2f}".removesuffix(".00"),
            found=f"{found:,.2f}".removesuffix(".00"),
            held=found == expected,
        )
