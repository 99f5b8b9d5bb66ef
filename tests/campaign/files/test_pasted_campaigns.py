"""A campaign pasted as text is read by the rules of a file, as if it were in the folder of its path."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from hailuo.campaign.files import LoadedCampaign, load_campaign, load_catalog

AT = datetime(2026, 11, 22, tzinfo=UTC)
CATALOG = load_catalog()
CAMPAIGN = """\
campaign: spring
defaults: {size: 768p, duration: 6, model: MiniMax-Hailuo-2.3}
"""
MATRIX = CAMPAIGN + "matrix: {prompt: [Sneaker on wet asphalt]}\n"
SHEET = "prompt,model,duration,size\nSneaker on wet asphalt,MiniMax-Hailuo-02,6,768p\n"
FRAME = Path(__file__).parents[2] / "bad_campaigns" / "frames" / "good.png"


def pasted(text: str, *, path: Path = Path("nowhere/pasted.yaml")) -> LoadedCampaign:
    return load_campaign(path, catalog=CATALOG, at=AT, text=text)


def test_pasted_text_needs_no_file() -> None:
    """Nothing of that name exists, and nothing has to."""
    found = pasted(MATRIX)

    assert found.problems == ()
    assert found.campaign
    assert found.campaign.name == "spring"


def test_pasted_text_takes_the_place_of_the_file(tmp_path: Path) -> None:
    """The file at the path is not read."""
    path = tmp_path / "pasted.yaml"
    path.write_text("takes: many")

    assert pasted(MATRIX, path=path).problems == ()


def test_a_pasted_sheet_is_named_by_its_path() -> None:
    """The suffix says what kind of text it is."""
    found = pasted(SHEET, path=Path("Spring Launch.csv"))

    assert found.problems == ()
    assert found.campaign
    assert found.campaign.name == "spring-launch"


def test_rows_and_frames_are_found_beside_the_path(tmp_path: Path) -> None:
    """Relative names mean the same as in a file of that folder."""
    (tmp_path / "rows.csv").write_text(SHEET.replace("02,", "2.3,"))
    (tmp_path / "hero.png").write_bytes(FRAME.read_bytes())

    found = pasted(f"{CAMPAIGN}rows: rows.csv\n", path=tmp_path / "pasted.yaml")
    framed = pasted(
        MATRIX.replace("{prompt", "{first_frame: [hero.png], prompt"), path=tmp_path / "pasted.yaml"
    )

    assert found.problems == framed.problems == ()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "nowhere/pasted.yaml: the file is empty"),
        ("#" * 1_000_001, "nowhere/pasted.yaml: the file is larger than 1 MB"),
        ("campaign: spring\x07\n", "nowhere/pasted.yaml:1: the file holds a control character (U+0007)"),
        ("campaign: \ud800\n", "nowhere/pasted.yaml:1: the byte 0xED is not UTF-8"),
        (MATRIX + "takes: !!python/object:os.system 1\n", "nowhere/pasted.yaml:4: the tag '!!python/object:"),
        (
            MATRIX + "rows: ../../etc/passwd.csv\n",
            "nowhere/pasted.yaml:4: the file has both `matrix` and `rows`",
        ),
        (CAMPAIGN + "rows: ../rows.csv\n", "nowhere/pasted.yaml:3: rows: the path leads outside"),
        (MATRIX + "takse: 2\n", "nowhere/pasted.yaml:4: unknown key 'takse'; did you mean 'takes'?"),
    ],
    ids=["empty", "too-large", "control", "surrogate", "tag", "rows-and-matrix", "outside", "unknown-key"],
)
def test_pasted_text_is_refused_as_a_file_is(text: str, problem: str) -> None:
    """The same caps and the same words, under the name it was given."""
    problems = [str(found) for found in pasted(text).problems]

    assert [found for found in problems if found.startswith(problem)]
