"""Names that the store keeps for itself: no campaign and no edition can have them, wherever they are written."""

import inspect
from pathlib import Path

import pytest

from hailuo.cli.options import edition_of
from hailuo.errors import CampaignError
from hailuo.plan.prepare import CampaignRequest, PreparedCampaign, prepare
from hailuo.settings import Settings
from hailuo.store import layout
from hailuo.store.layout import Edition, Folder, claims_of
from tests.support.factories import AT

OWN = [folder for folder in Folder if not folder.startswith(".")]
TEXT = """
campaign: {campaign}
edition: {edition}
matrix:
  model: [MiniMax-Hailuo-02]
  prompt: [Sneaker on wet asphalt]
  duration: [6]
  size: [768p]
"""


def text_of(*, campaign: str = "shoe", edition: str = "main") -> str:
    return TEXT.format(campaign=campaign, edition=edition)


def prepared_as(path: Path, text: str | None = None, *, edition: str | None = None) -> PreparedCampaign:
    return prepare(CampaignRequest(path=path, at=AT, text=text, edition=edition), Settings())


def reasons(prepared: PreparedCampaign) -> list[str]:
    """The problems, and the claim that the campaign is refused for them."""
    with pytest.raises(CampaignError):
        prepared.require_campaign()
    return [problem.reason for problem in prepared.problems]


def test_every_fixed_part_of_a_key_is_a_reserved_name() -> None:
    """One rule, from the layout: a new folder there is reserved by being written down."""
    edition = Edition("campaign", "edition")
    keys = [
        value
        for name, _ in inspect.getmembers(Edition, lambda member: isinstance(member, property))
        if isinstance(value := getattr(edition, name), str)
    ]
    keys += [edition.shards("r"), edition.frame("0", ".png"), edition.clip("0"), claims_of("0")]
    keys += [
        value
        for name, value in vars(layout).items()
        if name[0].isalpha() and name.isupper() and isinstance(value, str) and name != "PART"
    ]

    folders = {part for key in keys for part in key.split("/")[:-1]}

    assert folders - {"campaign", "edition", "r", "0"} == set(Folder) - {Folder.SCRATCH}


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("kind", ["campaign", "edition"])
def test_a_file_and_a_pasted_text_are_refused(tmp_path: Path, kind: str, name: str) -> None:
    """With the line, before anything is read from the store."""
    path, text = tmp_path / "shoe.yaml", text_of(**{kind: name})
    path.write_text(text)
    expected = [f"{kind} is '{name}', the name of a folder that the store keeps for itself"]

    assert reasons(prepared_as(path)) == expected
    assert reasons(prepared_as(tmp_path / "pasted.yaml", text)) == expected
    assert prepared_as(path).problems[0].place.line == (2 if kind == "campaign" else 3)


@pytest.mark.parametrize("name", OWN)
def test_the_name_of_a_csv_file_and_an_option_are_refused(tmp_path: Path, name: str) -> None:
    """A CSV file's name is its campaign's; `--edition` and the form's field replace the file's edition."""
    rows = tmp_path / f"{name}.csv"
    rows.write_text("model,duration,size,prompt\nMiniMax-Hailuo-02,6,768p,Sneaker on wet asphalt\n")
    path = tmp_path / "shoe.yaml"
    path.write_text(text_of())

    assert f"campaign is '{name}'" in reasons(prepared_as(rows))[0]
    assert f"edition is '{name}'" in reasons(prepared_as(path, edition=name))[0]


@pytest.mark.parametrize("name", OWN)
def test_a_campaign_of_such_a_name_cannot_be_asked_for(tmp_path: Path, name: str) -> None:
    """By CAMPAIGN/EDITION or by its file."""
    path = tmp_path / "named.yaml"
    path.write_text(text_of(campaign=name))

    with pytest.raises(CampaignError, match=f"campaign is '{name}'"):
        edition_of(Path(f"{name}/main"), None)
    with pytest.raises(CampaignError, match=f"campaign is '{name}'"):
        edition_of(path, None)


@pytest.mark.parametrize("name", OWN)
def test_what_an_earlier_version_bought_in_such_an_edition_can_be_read(tmp_path: Path, name: str) -> None:
    """Nothing is bought for it any more, and nothing is out of reach."""
    path = tmp_path / "shoe.yaml"
    path.write_text(text_of(edition=name))

    assert edition_of(path, None) == Edition("shoe", name)
    assert edition_of(Path(f"shoe/{name}"), None) == Edition("shoe", name)


def test_names_that_only_contain_one_are_free(tmp_path: Path) -> None:
    """`money-1` is no folder of the store."""
    path = tmp_path / "shoe.yaml"
    path.write_text(text_of(campaign="money-1", edition="v1-{date}"))

    assert prepared_as(path).require_campaign().this_edition == Edition("money-1", "v1-2026-11-22")
