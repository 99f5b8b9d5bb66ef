"""From picks to a platform's sheet, on the command line."""

import csv
import json

import pytest

from hailuo import read_manifest

pytestmark = pytest.mark.enable_socket
ANSWER = "disclosure: {synthetic_performer: no}\n"


@pytest.fixture
def shop(hailuo, rehearsal, campaign, tmp_path):
    """Four clips bought, the first of them rejected; a sheet from an account."""
    hailuo("run", campaign, "--yes")
    rejected = read_manifest(tmp_path / "store" / "small" / "main")["creative_id"][0]
    word = {
        "creative_id": rejected,
        "pick": "reject",
        "reviewer": "ann",
        "reviewed_at": "2026-11-22T12:00:00Z",
    }
    exported = {
        "schema": "hailuo.judgements/1.0",
        "campaign": "small",
        "edition": "main",
        "judgements": [word],
    }
    (tmp_path / "ann.json").write_text(json.dumps(exported))
    (tmp_path / "sheet.csv").write_text("Ad Set ID,Ad Name,URL Tags\n")
    return tmp_path


def test_picks_of_a_gallery_come_into_the_manifest(hailuo, campaign, shop):
    """One command, and the page shows them to everybody."""
    said = hailuo("judge", campaign, shop / "ann.json")

    assert (said.code, said.out.splitlines()[0]) == (0, "1 judgement of 1 file")
    assert list(read_manifest(shop / "store" / "small" / "main")["pick"]) == [
        "reject",
        "none",
        "none",
        "none",
    ]


def test_picks_of_another_edition_are_refused(hailuo, shop):
    """Exit code 2, and what to do."""
    said = hailuo("judge", "small/second", shop / "ann.json")

    assert said.code == 2
    assert "judges small/main, not small/second" in said.err


def test_a_sheet_waits_until_somebody_has_looked_for_synthetic_performers(hailuo, campaign, shop):
    """The law asks, and only a person can answer; the answer in the file counts at once."""
    waiting = hailuo("upload-plan", campaign, "--template", shop / "sheet.csv")
    campaign.write_text(campaign.read_text() + ANSWER)
    answered = hailuo("upload-plan", campaign, "--template", shop / "sheet.csv")

    assert (waiting.code, answered.code) == (2, 0)
    assert "disclosure: {synthetic_performer: no}" in waiting.err


def test_a_sheet_is_filled_without_the_rejects(hailuo, campaign, shop):
    """Beside it lies ads.csv with the same creatives."""
    campaign.write_text(campaign.read_text() + ANSWER)
    hailuo("judge", campaign, shop / "ann.json")

    options = ("--template", shop / "sheet.csv", "--set", "Ad Set ID=12", "--to", shop / "out")
    said = hailuo("upload-plan", campaign, *options)

    folder = shop / "out" / "small" / "main" / "uploads" / "meta"
    sheet = list(csv.DictReader((folder / "sheet.csv").read_text().splitlines()))
    ads = list(csv.DictReader((folder / "ads.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert said.out.splitlines()[0] == "3 clips for meta"
    assert {row["Ad Set ID"] for row in sheet} == {"12"}
    assert [row["Ad Name"] for row in sheet] == [row["ad_name"] for row in ads]
    assert len(ads) == 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--template", "missing.csv"), "missing.csv"),
        (("--template", "sheet.csv", "--set", "Ad Set ID==1"), "would be run as a formula"),
        (("--template", "sheet.csv", "--set", "Ad Set ID"), "HEADER=VALUE"),
        (("--template", "sheet.csv", "--config", "sheet.csv"), "is no TOML"),
    ],
)
def test_what_cannot_be_filled_is_refused(hailuo, campaign, shop, monkeypatch, options, message):
    """Exit code 2, and nothing is written."""
    monkeypatch.chdir(shop)
    campaign.write_text(campaign.read_text() + ANSWER)

    said = hailuo("upload-plan", campaign, *options)

    assert said.code == 2
    assert message in said.err
    assert not (shop / "store" / "small" / "main" / "uploads").exists()


def test_the_terminal_shows_who_says_what(hailuo, campaign, shop):
    """After an import, and without a file: the number of the clip, the votes, and every name."""
    nothing = hailuo("judge", campaign)
    hailuo("judge", campaign, shop / "ann.json")

    said = hailuo("judge", campaign)

    assert (nothing.code, nothing.out.splitlines()[-1]) == (0, "no clip is judged yet")
    header, _, line = said.out.splitlines()[-3:]
    assert header.split() == ["clip", "creative", "votes", "ann"]
    assert line.split()[0] == "#1"
    assert line.split()[2:] == ["0:1", "reject"]


def test_only_what_people_picked_goes_on(hailuo, campaign, shop):
    """A sheet with the picked clips only; where no clip is left, nothing is made."""
    campaign.write_text(campaign.read_text() + ANSWER)
    hailuo("judge", campaign, shop / "ann.json")
    none = [
        hailuo("conform", campaign, "--placement", "meta_reels", "--picked"),
        hailuo("upload-plan", campaign, "--template", shop / "sheet.csv", "--rated", "4+"),
    ]
    file = json.loads((shop / "ann.json").read_text())
    second = read_manifest(shop / "store" / "small" / "main")["creative_id"][1]
    word = {**file["judgements"][0], "creative_id": second, "pick": "pick", "rating": 5, "tags": ["Hero"]}
    (shop / "ben.json").write_text(json.dumps({**file, "judgements": [{**word, "reviewer": "ben"}]}))
    hailuo("judge", campaign, shop / "ben.json")

    options = ("--picked", "--rated", "4+", "--tag", "hero", "--to", shop / "out", "--set", "Ad Set ID=12")
    said = hailuo("upload-plan", campaign, "--template", shop / "sheet.csv", *options)

    assert [one.code for one in none] == [2, 2]
    assert "none of them is picked" in none[0].err
    assert "none of them is rated 4+" in none[1].err
    assert said.out.splitlines()[0] == "1 clip for meta"
    assert second in (shop / "out" / "small" / "main" / "uploads" / "meta" / "ads.csv").read_text("utf-8-sig")
