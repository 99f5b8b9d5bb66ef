"""What was left out when the exports were read is said on the page; and why nothing was matched, if nothing was."""

import pandas as pd
import pytest

from hailuo.report.cautions import cautions
from hailuo.report.exports import read_exports
from hailuo.report.join import join
from tests.support.report.frames import make_results, make_variants

A, B = "7KQ2M9X4TD", "P4T0ZC81RM"
_HEADER = "Reporting starts,Reporting ends,Ad name,Currency,Age,Impressions,Amount spent,Link clicks,Result type,Results,Leads won"


def notes(*rows: str) -> str:
    """What the page says about an export with these rows."""
    files = {"meta.csv": "\n".join([_HEADER, *rows]).encode()}
    variants = make_variants(A, B)
    joined = join(read_exports(files), variants)
    return "\n".join(cautions(joined, variants, duplicates=joined.attrs["duplicates"]))


def row(
    name: str = f"HV-{A}",
    *,
    day: int = 1,
    currency: str = "USD",
    age: str = "",
    kind: str = "",
    results: str = "",
    leads: str = "",
) -> str:
    return f"2026-11-{day:02},2026-11-{day:02},{name},{currency},{age},1000,5,10,{kind},{results},{leads}"


NOTES = {
    "unread": ([row(leads="3")], 'meta.csv has columns of money or conversions that were not read: "Leads won".'),
    "currency": ([row(), row(day=2), row(day=3, currency="EUR")], "Meta: 1 row is in EUR, another currency than the rest, and set apart"),
    "kind": ([row(kind="Meta leads", results="3")], "Meta: conversions are the results of the kind Meta leads."),
    "kinds": ([row(kind="Meta leads", results="3"), row(f"HV-{B}", kind="quotes", results="2")], "conversions are left out, because the results are of several kinds (Meta leads, quotes)"),
    "parts": ([row(age="18-24"), row(age="25-34")], "Meta: rows are broken down by age, and added up here."),
    "nameless": ([row(), row()], "1 of them has no ad id, and equals another row of its file in every cell"),
}  # fmt: skip


@pytest.mark.parametrize("case", NOTES)
def test_what_was_left_out_is_said(case: str) -> None:
    """With names and numbers; and not where there is nothing to say."""
    rows, sentence = NOTES[case]

    assert sentence in notes(*rows)
    assert sentence not in notes(row())


def test_rows_that_a_newer_export_replaces_are_counted() -> None:
    """As `read_exports` notes it."""
    joined = join(make_results({"ad_name": f"HV-{A}"}), make_variants(A))
    joined.attrs["restated"] = 4

    assert any("4 rows were replaced by newer numbers" in one for one in cautions(joined, make_variants(A)))


UNMATCHED = {
    "another edition": ("HV-8KQ2M9X4TD_x", f"The exports have the ids 8KQ2M9X4TD; this edition has {A}, {B}.", f"The nearest are 8KQ2M9X4TD in the exports and {A} here"),
    "renamed": ("launch p-dawn m23 d06 s768 fnone t01", "no ids; ads are called 'launch p-dawn m23 d06 s768 fnone t01'", "The nearest are launch p-dawn m23 d06 s768 fnone t01 in the exports and HV-"),
    "no names": (None, "The exports have no names of ads", ""),
}  # fmt: skip


@pytest.mark.parametrize("case", UNMATCHED)
def test_why_nothing_was_matched_is_said_first(case: str) -> None:
    """Which ids the exports have, which the campaign has, and the nearest."""
    name, sentence, nearest = UNMATCHED[case]
    joined: pd.DataFrame = join(make_results({"ad_name": name, "ad_id": "1"}), make_variants(A, B))

    said = cautions(joined, make_variants(A, B))

    assert sentence in said[0]
    assert nearest in " ".join(said)


def test_a_match_needs_no_reason() -> None:
    """Of one row."""
    joined = join(make_results({"ad_name": f"HV-{A}"}, {"ad_name": "other"}), make_variants(A))

    assert not any("No row found its creative" in one for one in cautions(joined, make_variants(A)))
