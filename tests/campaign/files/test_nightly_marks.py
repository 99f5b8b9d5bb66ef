"""The mark of a campaign for the night, as the file says it."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from hailuo.campaign.files import LoadedCampaign, load_campaign, load_catalog
from hailuo.campaign.model import Nightly

AT = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
CATALOG = load_catalog()
CAMPAIGN = """\
campaign: spring
matrix:
  model: [MiniMax-Hailuo-02]
  duration: [6]
  size: [768p]
  prompt: [Sneaker on wet asphalt]
edition: "night-{date}"
"""
FIRST, LAST = date(2026, 11, 1), date(2026, 12, 24)


def loaded(text: str, *, edition: str | None = None) -> LoadedCampaign:
    return load_campaign(Path("spring.yaml"), catalog=CATALOG, at=AT, text=text, edition=edition)


@pytest.mark.parametrize(
    ("line", "mark"),
    [
        ("", None),
        ("nightly: false\n", None),
        ("nightly: true\n", Nightly()),
        ("nightly: {}\n", Nightly()),
        ("nightly: {from: 2026-11-01}\n", Nightly(first_night=FIRST)),
        ('nightly: {from: "2026-11-01", until: 2026-12-24}\n', Nightly(first_night=FIRST, last_night=LAST)),
        ("nightly: {until: 2026-12-24, paused: yes}\n", Nightly(last_night=LAST, is_paused=True)),
        ("nightly: {from: null, paused: false}\n", Nightly()),
        ("nightly: {from: 2026-11-01, until: 2026-11-01}\n", Nightly(first_night=FIRST, last_night=FIRST)),
    ],
)
def test_the_mark_is_what_the_file_says(line: str, mark: Nightly | None) -> None:
    """A word or a mapping; the campaign and what was loaded agree about it."""
    found = loaded(CAMPAIGN + line)

    assert (found.problems, found.warnings, found.nightly) == ((), (), mark)
    assert found.campaign
    assert found.campaign.nightly == mark


@pytest.mark.parametrize(
    "text",
    [
        "nightly: [",
        CAMPAIGN + "nightly: {from: soon}\n",
        CAMPAIGN + "nightly: [true]\n",
        CAMPAIGN + "nightly: true\ntakes: 101\nmatrix: 7\n",
        CAMPAIGN.replace("[6]", "[700]") + "nightly: true\n",
    ],
)
def test_a_file_that_cannot_be_rendered_does_not_lose_its_mark(text: str) -> None:
    """Else a night would pass over a broken campaign in silence."""
    found = loaded(text)

    assert found.problems
    assert found.nightly == Nightly()


@pytest.mark.parametrize(
    ("mark", "night", "absence"),
    [
        (Nightly(), "2026-11-22", None),
        (Nightly(first_night=FIRST, last_night=LAST), "2026-11-01", None),
        (Nightly(first_night=FIRST, last_night=LAST), "2026-12-24", None),
        (Nightly(first_night=FIRST, last_night=LAST), "2026-10-31", "its first night is 2026-11-01"),
        (Nightly(first_night=FIRST, last_night=LAST), "2026-12-25", "its last night was 2026-12-24"),
        (Nightly(is_paused=True), "2026-11-22", "paused"),
    ],
)
def test_both_dates_are_nights_of_the_campaign(mark: Nightly, night: str, absence: str | None) -> None:
    """The first and the last night are rendered; for any other night there is a reason."""
    assert mark.absence(date.fromisoformat(night)) == absence


def test_one_edition_for_every_night_is_warned_about() -> None:
    """It is legal, but every night after the first would buy nothing."""
    found = loaded(CAMPAIGN.replace("night-{date}", "autumn") + "nightly: true\n")

    assert found.problems == ()
    assert [str(warning) for warning in found.warnings] == [
        "spring.yaml:7: the edition 'autumn' is the same every night: after the first, nothing is bought; "
        'write `edition: "night-{date}"` for a fresh one each night'
    ]


def test_an_edition_from_outside_is_no_matter_of_the_mark() -> None:
    """Who names another edition means this one run."""
    found = loaded(CAMPAIGN.replace("night-{date}", "autumn") + "nightly: true\n", edition="again")

    assert found.warnings == ()
