"""Which campaigns of the campaigns folder a night renders, and what it says about the others."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hailuo.errors import SettingsError
from hailuo.night.night import Night, SkippedCampaign, night_of
from hailuo.settings import Settings

AT = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
CAMPAIGN = """\
campaign: {name}
edition: "night-{{date}}"
takes: {takes}
timezone: {timezone}
nightly: {mark}
matrix: {{prompt: [Shoe], model: [MiniMax-Hailuo-02], duration: [{duration}], size: [1080p]}}
"""

Lay = Callable[..., Path]
Look = Callable[..., Night]


@pytest.fixture
def lay(tmp_path: Path) -> Lay:
    """Put a campaign on the campaigns folder, marked unless said otherwise."""

    def laid(name: str, *, file: str | None = None, **values: object) -> Path:
        path = tmp_path / (file or f"{name}.yaml")
        defaults = {"mark": "true", "takes": 1, "timezone": "UTC", "duration": 6}
        path.write_text(CAMPAIGN.format(name=name, **{**defaults, **values}))
        return path

    return laid


@pytest.fixture
def look(tmp_path: Path) -> Look:
    """Look through the campaigns folder for a night."""

    def looked(at: datetime = AT) -> Night:
        return night_of(Settings(campaigns=tmp_path), at)

    return looked


def test_the_marked_campaigns_are_due_in_the_order_of_their_names(lay: Lay, look: Look) -> None:
    """With the edition of the night they belong to."""
    lay("winter", file="a.yml")
    lay("spring", file="b.yaml")
    lay("autumn", file="c.yaml", mark="false")

    night = look()

    assert [(due.name, due.campaign.name) for due in night.due] == [("a.yml", "winter"), ("b.yaml", "spring")]
    assert {due.campaign.edition for due in night.due} == {"night-2026-11-22"}
    assert (night.at, night.skipped, night.invalid) == (AT, (), ())


def test_what_is_marked_but_not_for_tonight_is_listed(lay: Lay, look: Look) -> None:
    """Nobody wonders where a campaign stayed."""
    lay("paused", mark="{paused: true}")
    lay("early", mark="{from: 2026-11-23}")
    lay("late", mark="{until: 2026-11-21}")

    night = look()

    assert night.due == ()
    assert night.skipped == (
        SkippedCampaign(name="early.yaml", reason="its first night is 2026-11-23"),
        SkippedCampaign(name="late.yaml", reason="its last night was 2026-11-21"),
        SkippedCampaign(name="paused.yaml", reason="paused"),
    )


def test_a_night_is_a_date_in_the_campaigns_timezone(lay: Lay, look: Look) -> None:
    """At 23:30 UTC it is tomorrow's night in Berlin already."""
    lay("berlin", timezone="Europe/Berlin", mark="{from: 2026-11-23}")
    lay("london", timezone="Europe/London", mark="{from: 2026-11-23}")

    night = look()

    assert [(due.name, due.campaign.edition) for due in night.due] == [("berlin.yaml", "night-2026-11-23")]
    assert [skipped.name for skipped in night.skipped] == ["london.yaml"]


def test_every_problem_of_a_marked_file_is_listed(lay: Lay, look: Look) -> None:
    """Those of reading and those of the catalog's rules, and the others are rendered all the same."""
    lay("broken", takes=0, timezone="Europe/Berln", duration=7)
    lay("illegal", duration=10)
    lay("sound")

    night = look()

    assert [due.name for due in night.due] == ["sound.yaml"]
    assert [(invalid.name, len(invalid.problems)) for invalid in night.invalid] == [
        ("broken.yaml", 3),
        ("illegal.yaml", 1),
    ]


def test_a_file_that_cannot_be_read_at_all_is_listed(tmp_path: Path, look: Look) -> None:
    """It may be a campaign of the night."""
    (tmp_path / "broken.yaml").write_text("campaign: [")

    assert [invalid.name for invalid in look().invalid] == ["broken.yaml"]


def test_a_broken_file_without_a_mark_is_nobodys_business(lay: Lay, look: Look) -> None:
    """Drafts lie on the campaigns folder in peace."""
    lay("draft", mark="false", takes=0)

    night = look()

    assert (night.due, night.invalid) == ((), ())


def test_a_spreadsheet_cannot_be_marked(tmp_path: Path, look: Look) -> None:
    """A CSV alone is never due, whatever is wrong with it; a YAML with `rows:` marks one."""
    (tmp_path / "sheet.csv").write_text("prompt\n")

    night = look()

    assert (night.due, night.invalid) == ((), ())


def test_two_files_of_one_edition_do_not_both_run(lay: Lay, look: Look) -> None:
    """A forgotten copy would overwrite the comparison of the other: the second is refused, by name."""
    lay("spring", file="spring copy.yaml", takes=9)
    lay("spring")

    night = look()

    assert [due.name for due in night.due] == ["spring copy.yaml"]
    assert [str(problem.reason) for invalid in night.invalid for problem in invalid.problems] == [
        "campaign spring, edition night-2026-11-22 is already that of spring copy.yaml"
    ]


def test_a_night_without_a_campaigns_folder_is_an_error(tmp_path: Path) -> None:
    """A mistyped folder is not mistaken for an empty one."""
    with pytest.raises(SettingsError, match="HAILUO_CAMPAIGNS"):
        night_of(Settings(campaigns=tmp_path / "none"), AT)
