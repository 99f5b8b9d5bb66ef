"""`finish:` is checked before anything is bought or drawn: every problem at once, with line, reason and remedy."""

import shutil
from pathlib import Path

import pytest
from PIL import Image

from hailuo.campaign.files import DraftCampaign, DraftRow, write_campaign
from hailuo.campaign.model import Campaign
from hailuo.media.letters import LetterError, check_letters
from hailuo.media.subtitles import read_subtitles
from hailuo.plan.prepare import CampaignRequest, PreparedCampaign, prepare
from hailuo.settings import Settings

HEAD = """\
campaign: shoe
defaults: {model: MiniMax-Hailuo-02, duration: 6, size: 768p}
include: [{prompt: "Shoe on stone", columns: {price: "19 €", "Sale Price": "9 €"}}]
placements: [meta_reels]
"""
FINISH_LINE = 5


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With a logo, subtitles, and what only looks like them."""
    Image.new("RGBA", (80, 40), "#ff880080").save(tmp_path / "logo.png")
    (tmp_path / "noise.png").write_bytes(b"\x89PNG\r\n\x1a\nnoise")
    (tmp_path / "en.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nHello\n", encoding="utf-8")
    (tmp_path / "late.srt").write_text("1\n00:00:08,000 --> 00:00:09,000\nlate\n", encoding="utf-8")
    (tmp_path / "text.ttf").write_text("no font", encoding="utf-8")
    return tmp_path


def _prepared(folder: Path, finish: str, head: str = HEAD) -> PreparedCampaign:
    path = folder / "shoe.yaml"
    path.write_text(f"{head}finish: {finish}\n", encoding="utf-8")
    return prepare(CampaignRequest(path=path), Settings())


SOUND = [
    "{caption: Only today}",
    "{caption: 19}",
    '{caption: [{text: "{price}", to: 3}, {text: now, from: 3}]}',
    "{price: {text: 'Was {price}, now {saleprice}'}}",
    "{price: {}}",
    "{caption: 'shot by {model}'}",
    "{caption: '{{braces}}'}",
    "{logo: {picture: logo.png}, subtitles: en.srt, end_card: {text: Shop now, seconds: 1.5}}",
    "{logo: {picture: logo.png}, versions: {a: , b: {logo: null}, c: {caption: x, subtitles: {file: en.srt, position: top}}}}",
    "{caption: {text: 'שלום עולם', colour: '#fc0', box: none}}",
    "{end_card: {background: white, over: true}}",
]


@pytest.mark.parametrize("finish", SOUND)
def test_a_sound_finish_has_no_problem(folder: Path, finish: str) -> None:
    """Every form that the documentation shows."""
    prepared = _prepared(folder, finish)

    assert prepared.problems == ()
    assert prepared.campaign is not None
    assert prepared.campaign.finishes


REFUSED = {
    "{captoin: x}": ("unknown key 'captoin'", "did you mean 'caption'?"),
    "{versions: {a: {captoin: x}}}": ("unknown key 'captoin'", "did you mean 'caption'?"),
    "{caption: {txt: a}}": ("the key 'text' is missing", "write the text"),
    "{caption: ''}": ("the caption is empty", "write a text"),
    "{caption: {text: a, size: 0}}": ("finish.caption.size is '0'", "a number from 1 to 100"),
    "{caption: {text: a, size: yes}}": ("finish.caption.size is 'yes'", "a number from 1 to 100"),
    "{caption: {text: a, colour: nocolour}}": ("finish.caption.colour is 'nocolour'", "in quotes"),
    "{caption: {text: a, colour: 5}}": ("finish.caption.colour is '5'", "in quotes"),
    "{end_card: {background: '#ff000080'}}": ("finish.end_card.background is '#ff000080'", "in quotes"),
    "{caption: {text: a, position: centre}}": ("unknown name 'centre'", "choose"),
    "{caption: {text: a, from: 4, to: 2}}": ("`to` is 2, and `from` is 4", "write a later `to`"),
    "{caption: {text: a, from: 6}}": ("the caption begins at 6 s", "times within the clip"),
    "{caption: {text: a, to: 9}}": ("the caption lasts until 9 s", "times within the clip"),
    "{caption: {text: a, from: -1}}": ("finish.caption.from is '-1'", "a number from 0 to 3600"),
    "{caption: '{nothing}'}": ("has nothing in the column 'nothing'", "fill it"),
    "{caption: '{a b}'}": ("the field '{a b}' is not a plain name", "plain name"),
    "{caption: 'a {b'}": ("the caption has an unmatched brace", "plain name"),
    "{caption: '漢'}": ("has no letter for 漢 (U+6F22)", "name a `font` that has it"),
    "{caption: {text: a, font: text.ttf}}": ("'text.ttf' is no font", "name a TTF or OTF file"),
    "{caption: {text: a, font: no.ttf}}": ("'no.ttf' is no file", "put it into the campaign's folder"),
    "{caption: Donaudampfschifffahrtsgesellschaftskapitän}": ("px wide", "write it smaller"),
    "{caption: {text: 'a b c d e f g h i j', size: 60}}": ("px of the frame are free", "make it smaller"),
    "{logo: {picture: logo.pmg}}": ("'logo.pmg' is no file", "did you mean 'logo.png'?"),
    "{logo: {picture: ../logo.png}}": ("the path leads outside", "put it into the campaign's folder"),
    "{logo: {picture: noise.png}}": ("'noise.png' is no picture", "PNG, JPEG or WebP"),
    "{logo: {picture: logo.png, opacity: 101}}": ("finish.logo.opacity is '101'", "a number from 1 to 100"),
    "{logo: {picture: logo.png, size: 100}}": ("the logo is 1080x540 px", "make it smaller"),
    "{logo: logo.png}": ("finish.logo is 'logo.png', not a mapping", "write {picture: logo.png}"),
    "{end_card: {seconds: 2}}": ("end_card has no picture, no text and no background", "give it one of them"),
    "{end_card: {text: a, seconds: 99}}": ("finish.end_card.seconds is '99'", "a number from 0.5 to 30"),
    "{end_card: {text: a, seconds: 8, over: true}}": ("the end card lasts 8 s, and the clip 6 s", "less time"),
    "{sound: {file: logo.png}}": ("logo.png has no sound", "name a file with sound"),
    "{sound: {file: text.ttf}}": ("the sound of text.ttf cannot be read", "name a file with sound"),
    "{subtitles: late.srt}": ("a subtitle ends at 9 s, and the clip is shown for 6 s", "end it with the clip"),
    "{subtitles: noise.png}": ("is not UTF-8", "save it as UTF-8"),
    "{caption: Hi, subtitles: en.srt}": ("the caption and the subtitle overlap from 1 s", "other positions"),
    "{versions: {A_b: {caption: x}}}": ("the version is called 'A_b'", "use a-z, 0-9 and hyphens"),
    "{versions: {none: {caption: x}}}": ("the version is called 'none'", "use a-z, 0-9 and hyphens"),
    "[1]": ("finish is a list, not a mapping", "write {caption: TEXT}"),
}  # fmt: skip


@pytest.mark.parametrize("finish", REFUSED)
def test_what_is_wrong_is_told_with_line_and_remedy(folder: Path, finish: str) -> None:
    """Each fault by itself, before anything is bought."""
    reason, remedy = REFUSED[finish]

    problems = _prepared(folder, finish).problems

    found = [problem for problem in problems if reason in problem.reason and remedy in problem.remedy]
    assert found, problems
    assert all(problem.place.line for problem in problems if problem.place.file.endswith((".yaml", ".srt")))
    assert found[0].place.line == FINISH_LINE or not found[0].place.file.endswith(".yaml")


def test_all_problems_are_told_at_once(folder: Path) -> None:
    """Of the file's form, of the files that it names, and of what would be drawn."""
    problems = _prepared(
        folder,
        """
  logo: {picture: none.png, opacity: 0}
  caption: {text: 漢, size: 500}
  sound: {file: noise.png}
  subtitles: late.srt
  versions: {UP: {caption: a}, two: {caption: {txt: b}}, three: {caption: {text: "{x}"}}}""",
    ).problems

    lines = {problem.place.line for problem in problems if problem.place.file.endswith("shoe.yaml")}
    reasons = " ".join(problem.reason for problem in problems)
    assert lines == {6, 7, 8, 10}
    assert all(
        part in reasons
        for part in (
            "none.png",
            "opacity",
            "size",
            "'UP'",
            "'text' is missing",
            "'x'",
            "noise.png",
            "ends at 9 s",
        )
    )


def test_one_problem_of_many_placements_and_rows_is_told_once(folder: Path) -> None:
    """With the placements where it is one; of many rows, ten and how many more."""
    head = HEAD.replace("[meta_reels]", "[meta_reels, meta_stories]").replace("6, size", "10, size")
    rows = "".join(f'  - {{prompt: "Shoe {n}"}}\n' for n in range(30))
    lacking = HEAD.replace(
        '[{prompt: "Shoe on stone", columns: {price: "19 €", "Sale Price": "9 €"}}]', f"\n{rows.rstrip()}"
    )

    (one,) = _prepared(folder, "{caption: '漢'}", head).problems
    many = _prepared(folder, "{price: {}}", lacking).problems

    assert one.reason.endswith("(in meta_reels, meta_stories)")
    assert len(many) == 11
    assert any(problem.reason == "and 20 more of the same" for problem in many)


def test_a_clip_that_a_placement_does_not_take_with_its_card_is_a_warning(folder: Path) -> None:
    """A bumper of six seconds has no room for two more; the way out is named."""
    prepared = _prepared(
        folder, "{end_card: {text: Shop, seconds: 2}}", HEAD.replace("meta_reels", "youtube_bumper")
    )

    assert prepared.problems == ()
    assert any("`over: true`" in warning.reason for warning in prepared.warnings)


def test_a_sound_longer_than_the_copy_is_a_warning(folder: Path, music: Path) -> None:
    """Eight seconds of music under six of clip: the end is cut off, and that is said."""
    shutil.copy(music, folder / "music.mka")

    prepared = _prepared(folder, "{sound: {file: music.mka}}")

    assert prepared.problems == ()
    assert any("its end is cut off" in warning.reason for warning in prepared.warnings)


def test_a_file_without_a_finish_says_nothing_about_it(folder: Path) -> None:
    """Nothing is looked at, and copies are made as ever."""
    path = folder / "shoe.yaml"
    path.write_text(HEAD, encoding="utf-8")

    prepared = prepare(CampaignRequest(path=path), Settings())

    assert prepared.campaign is not None
    assert prepared.campaign.finishes is None


def test_scripts_that_need_shaping_are_refused_without_libraqm() -> None:
    """Where Pillow cannot join and order letters, they are not drawn wrongly: Arabic, Hebrew, marks, joined emoji."""
    for text in ("مرحبا", "שלום", "ก่า", "ก็", "👩\u200d🚀"):
        with pytest.raises(LetterError, match="needs letters joined or ordered"):
            check_letters(text, None, shapes=False)
    check_letters("Größe 19,90 € – e\u0301", None, shapes=False)


SRT = {
    "1\n00:00:01,000 -> 00:00:02,000\nHi\n": (2, "is not the time of a subtitle"),
    "1\n00:61:01,000 --> 00:00:02,000\nHi\n": (2, "is not the time of a subtitle"),
    "1\n00:00:02,000 --> 00:00:01,000\nHi\n": (2, "ends at 1 s, and begins at 2 s"),
    "1\n00:00:01,000 --> 00:00:02,000\n\n2\n": (2, "has no text"),
    "1\n00:00:01,000 --> 00:00:03,000\nHi\n\n2\n00:00:02,000 --> 00:00:04,000\nHo\n": (
        7,
        "the one before ends at 3 s",
    ),
    "Hello\n": (1, "is not the time of a subtitle"),
    "": (0, "has no subtitles"),
}


@pytest.mark.parametrize("content", SRT)
def test_a_malformed_srt_is_told_by_line(tmp_path: Path, content: str) -> None:
    """Every line that cannot be read, and times that overlap."""
    (tmp_path / "en.srt").write_text(content, encoding="utf-8")

    found = read_subtitles(tmp_path / "en.srt")

    line, reason = SRT[content]
    assert any(problem.place.line == line and reason in problem.reason for problem in found.problems)


def test_subtitles_are_read_as_players_do(tmp_path: Path) -> None:
    """A byte order mark, Windows line ends, a point in the time, tags of style, and several lines."""
    content = "\ufeff1\r\n00:00:01.5 --> 00:00:02,250 X1:40\r\n<i>Hello</i>\r\n{\\an8}there\r\n\r\n00:00:03,000 --> 00:00:04,000\r\nHo\r\n"
    (tmp_path / "en.srt").write_bytes(content.encode())

    found = read_subtitles(tmp_path / "en.srt")

    assert found.problems == ()
    assert [(cue.from_s, cue.to_s, cue.text) for cue in found.cues] == [
        (1.5, 2.25, "Hello\nthere"),
        (3.0, 4.0, "Ho"),
    ]


@pytest.mark.parametrize("finish", SOUND)
def test_a_finish_is_written_into_the_next_campaign_and_read_back(folder: Path, finish: str) -> None:
    """The file of a next batch finishes its copies in the same way: every version has the same id."""
    campaign = _prepared(folder, finish).campaign
    assert campaign is not None
    (grid,) = campaign.grids
    row = DraftRow(
        cell={axis.name: axis.levels[0] for axis in grid.axes}, takes=1, note="", columns=grid.columns
    )
    draft = DraftCampaign(follows=campaign, edition="next", rows=(row,), budget_usd=None, title="next")
    (folder / "next.yaml").write_text(write_campaign(draft, folder=folder), encoding="utf-8")

    again = prepare(CampaignRequest(path=folder / "next.yaml"), Settings())

    assert again.problems == ()
    assert again.campaign is not None
    assert _ids(again.campaign) == _ids(campaign)


def _ids(campaign: Campaign) -> dict[str, str]:
    return {finish.name: finish.finish_id for finish in campaign.finishes or ()}
