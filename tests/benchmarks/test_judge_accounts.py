"""The judge of real accounts tells right from wrong, on small files of our own."""

from pathlib import Path

import pytest

from benchmarks.judge.accounts import Outcome, outcome_of, real_accounts

_HEADER = "Reporting starts,Reporting ends,Ad name,Impressions,Amount spent (USD),Leads won"
_CONTENT = f'{_HEADER}\n2026-11-01,2026-11-01,a,"1,000",$5.25,3\nTotal,,,"1,000",$5.25,3\n'.encode()
_RIGHT = {
    "name": "meta.csv",
    "columns": {"impressions": "Impressions", "spend": "Amount spent (USD)"},
    "drop": "Ad name",
    "named": ["Leads won"],
}


@pytest.mark.parametrize(
    ("expected", "outcome"),
    [
        (_RIGHT, Outcome.READ),
        ({**_RIGHT, "drop": None}, Outcome.WRONG),  # pandas counts the total too
        ({**_RIGHT, "named": ["Revenue"]}, Outcome.WRONG),
        ({**_RIGHT, "unknown": ["impressions"]}, Outcome.WRONG),
        ({"name": "meta.csv", "refused": "no column"}, Outcome.WRONG),
    ],
)
def test_a_file_that_is_read_is_compared_with_pandas(expected: dict[str, object], outcome: Outcome) -> None:
    """Sums, what is unknown, what is named as unread, and whether it should have been refused."""
    assert outcome_of(expected, _CONTENT)[0] is outcome


@pytest.mark.parametrize(("reason", "outcome"), [("is a PDF", Outcome.REFUSED), ("no column", Outcome.WRONG)])
def test_a_refusal_is_right_for_its_reason_only(reason: str, outcome: Outcome) -> None:
    """Not for any."""
    assert outcome_of({"name": "a.csv", "refused": reason}, b"%PDF-1.7")[0] is outcome


def test_without_the_folder_nothing_is_judged(tmp_path: Path) -> None:
    """It counts as not run."""
    for folder in (None, tmp_path / "missing"):
        assert [line.held for line in real_accounts(folder)] == [None]


def test_a_line_for_each_platform_says_what_is_wrong(tmp_path: Path) -> None:
    """By name; files that are not there are left out."""
    (tmp_path / "google__cepatdok__Ad_report.xls").write_bytes(b"Ad type,Ad group,Campaign,Ad ID\na,b,c,1\n")
    (tmp_path / "other__Mynkism__updates~Spotify_ads.csv").write_bytes(_CONTENT)

    google, other = real_accounts(tmp_path)

    assert (google.held, other.held) == (True, False)
    assert "Spotify_ads.csv: read, and nothing in it is an ad's" in other.found
