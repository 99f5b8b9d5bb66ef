"""The campaign folder: which files are listed, and which file a name means."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hailuo.campaign.files.folder_listing import campaign_names, find_campaign
from hailuo.errors import CampaignError, SettingsError
from hailuo.plan.prepare import CampaignRequest, prepare
from hailuo.settings import Settings

CAMPAIGN = (
    "campaign: {name}\nmatrix: {{prompt: [Shoe], model: [MiniMax-Hailuo-02], duration: [6], size: [768p]}}\n"
)
SHEET = "prompt,model,duration,size\nShoe,MiniMax-Hailuo-02,6,768p\n"
EXAMPLES = Path(__file__).parents[3] / "campaigns"

Lay = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder of campaigns."""
    folder = tmp_path / "campaigns"
    folder.mkdir()
    return folder


@pytest.fixture
def lay(folder: Path) -> Lay:
    """Put a file on the folder; without a text it is a sound campaign."""

    def laid(name: str, text: str | None = None) -> Path:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(CAMPAIGN.format(name="spring") if text is None else text)
        return path

    return laid


def test_yaml_and_csv_campaigns_are_listed_by_name(folder: Path, lay: Lay) -> None:
    """In the order that people look names up in."""
    lay("winter.yml")
    lay("autumn.csv", SHEET)
    lay("Spring Launch.yaml")

    assert campaign_names(folder) == ("Spring Launch.yaml", "autumn.csv", "winter.yml")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".hidden.yaml", None),
        ("~$spring.csv", SHEET),
        ("schema.json", "{}"),
        ("README.md", "# campaigns"),
        ("drafts/spring.yaml", None),
        ("our-catalog.yaml", "models: {}\n"),
        ("compose.yaml", "services: {}\n"),
    ],
)
def test_what_is_no_campaign_is_not_listed(folder: Path, lay: Lay, name: str, text: str | None) -> None:
    """Hidden, a lock file, a schema, a text, in a folder below, or YAML about something else."""
    lay(name, text)

    assert campaign_names(folder) == ()


def test_rows_of_another_file_are_no_campaign(folder: Path, lay: Lay) -> None:
    """A CSV that a YAML names in `rows:` is a part of it, however the name is written."""
    lay("spring.yaml", "campaign: spring\nrows: ./rows.csv\n")
    lay("rows.csv", SHEET)
    lay("other.csv", SHEET)

    assert campaign_names(folder) == ("other.csv", "spring.yaml")


@pytest.mark.parametrize("text", ["", "campaign: [", "campaign: spring\nrows: ../x.csv\n"])
def test_a_broken_campaign_stays_listed(folder: Path, lay: Lay, text: str) -> None:
    """Loading it says what is wrong; a file that is not listed would say nothing."""
    lay("spring.yaml", text)

    assert campaign_names(folder) == ("spring.yaml",)


def test_the_examples_are_listed() -> None:
    """All of them but the rows of one."""
    assert campaign_names(EXAMPLES) == (
        "automotive-night.csv",
        "demo.yaml",
        "lifestyle-reveal.yaml",
        "luxury-launch.yaml",
        "perfume-prices.yaml",
        "portrait-motion.yaml",
    )


def test_a_name_means_its_file(folder: Path, lay: Lay) -> None:
    """Also in a folder below, where no file is listed by itself."""
    settings = Settings(campaigns=folder)
    paths = [lay("spring.yaml"), lay("drafts/may.yaml")]

    found = [find_campaign(name, settings) for name in ("spring.yaml", "drafts/may.yaml")]

    assert found == paths


@pytest.mark.parametrize(
    "name", ["../spring.yaml", "drafts/../../spring.yaml", "/etc/hostname.yaml", "null\x00.yaml"]
)
def test_no_name_leads_out_of_the_folder(folder: Path, lay: Lay, name: str) -> None:
    """Whatever a run form is filled in with, only files in the folder are read."""
    lay("../spring.yaml")
    lay("autumn.csv", SHEET)

    with pytest.raises(CampaignError, match=r"choose autumn\.csv"):
        find_campaign(name, Settings(campaigns=folder))


def test_a_link_leads_out_of_the_folder_neither(folder: Path, lay: Lay, tmp_path: Path) -> None:
    """It is not listed, and cannot be named; a link within the folder is a file like any other."""
    outside = tmp_path / "secret.yaml"
    outside.write_text(CAMPAIGN.format(name="secret"))
    (folder / "link.yaml").symlink_to(outside)
    (folder / "spring.yaml").symlink_to(lay("data/spring.yaml"))

    with pytest.raises(CampaignError, match="by a link"):
        find_campaign("link.yaml", Settings(campaigns=folder))
    assert campaign_names(folder) == ("spring.yaml",)
    assert find_campaign("spring.yaml", Settings(campaigns=folder)).is_file()


@pytest.mark.parametrize(
    ("name", "remedy"),
    [("sprng.yaml", "did you mean 'spring.yaml'"), ("", "choose"), ("zzz", "choose spring")],
)
def test_an_unknown_name_is_answered_with_the_nearest(folder: Path, lay: Lay, name: str, remedy: str) -> None:
    """The one probably meant, or all there are."""
    lay("spring.yaml")

    with pytest.raises(CampaignError, match=remedy):
        find_campaign(name, Settings(campaigns=folder))


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    """An empty list would look like a night with nothing to do."""
    with pytest.raises(SettingsError, match="HAILUO_CAMPAIGNS"):
        campaign_names(tmp_path / "elsewhere")


def test_a_path_needs_no_folder(tmp_path: Path) -> None:
    """The command line names files wherever they lie."""
    path = tmp_path / "spring.yaml"
    path.write_text(CAMPAIGN.format(name="spring"))
    request = CampaignRequest(path=path, at=datetime(2026, 11, 22, tzinfo=UTC))

    assert prepare(request, Settings(campaigns=tmp_path / "none")).require_campaign().name == "spring"


def test_pasted_text_is_prepared_in_place_of_a_file(folder: Path) -> None:
    """The path says only where it would lie."""
    text = CAMPAIGN.format(name="pasted")
    request = CampaignRequest(path=folder / "pasted.yaml", at=datetime(2026, 11, 22, tzinfo=UTC), text=text)

    assert prepare(request, Settings()).require_campaign().name == "pasted"
