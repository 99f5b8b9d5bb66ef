"""Upload plans: sheets are filled by their own headers, and nothing in them is ever run as a formula."""

import csv
import io
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hailuo.campaign.files.schema import Placement
from hailuo.campaign.model import SyntheticPerformer
from hailuo.publish.manifest import ClipCopy, Pick, build, read_jsonl, to_jsonl
from hailuo.publish.manifest.rows import CopyFinish
from hailuo.publish.uploads import (
    ADS_COLUMNS,
    Platform,
    PlatformName,
    UploadError,
    UploadFile,
    ads_csv,
    files_to_upload,
    fill,
    landing_page,
    platform_of,
    platforms,
    read_platforms,
    read_sheet,
    with_tags,
)
from hailuo.text import is_formula
from tests.publish.manifest.rows import COPY, JUDGEMENT, MEASURED, make_job, planned, stored

KNOWN = platforms()
META = KNOWN[PlatformName.META]
TAGS = "utm_source=meta&utm_medium=paid_social&utm_campaign=cmp&utm_content=7kq2m9x401&ad_id={{ad.id}}"
LINK = "https://shop.example/shoe?size=42#top"
CREATIVE = UploadFile(
    creative_id="7KQ2M9X401",
    ad_name="HV-7KQ2M9X401_cmp",
    uri="s3://b/cmp/main/clips/7KQ2M9X401.mp4",
    placement=None,
    url_tags=TAGS,
    disclosure="is_ai_generated=true",
    synthetic_performer=SyntheticPerformer.NO,
)


def rows_of(*entries: object) -> list[dict[str, object]]:
    frame = read_jsonl(to_jsonl(build(entries, store_uri="s3://b")))  # type: ignore[arg-type]  # entries
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def filled_rows(header: str, **options: object) -> list[dict[str, str]]:
    sheet = read_sheet(f"{header}\r\n".encode(), name="sheet.csv", known=KNOWN)
    content = fill(sheet, META, [CREATIVE], **options).content  # type: ignore[arg-type]  # a shorthand
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def test_known_columns_are_filled_and_unknown_ones_left_alone() -> None:
    """By the sheet's own headers, in whatever case and spacing."""
    [row] = filled_rows("Ad Set ID,ad  name,URL TAGS,Link", link=LINK)

    assert row == {"Ad Set ID": "", "ad  name": "HV-7KQ2M9X401_cmp", "URL TAGS": TAGS, "Link": LINK}


def test_without_a_column_for_tags_the_link_carries_them() -> None:
    """Before the fragment, behind what the query says already."""
    [row] = filled_rows("Ad Name,Link", link=LINK)

    assert row["Link"] == f"https://shop.example/shoe?size=42&{TAGS}#top"


def test_a_column_may_be_set_for_every_row() -> None:
    """So the campaign's own ids come in."""
    [row] = filled_rows("Ad Set ID,Ad Name", constants={"ad set id": "123"})

    assert row["Ad Set ID"] == "123"


def test_a_column_to_set_that_is_not_there_is_refused() -> None:
    """With the nearest one."""
    with pytest.raises(UploadError, match="did you mean 'Ad Set ID'"):
        filled_rows("Ad Set ID,Ad Name", constants={"Ad Set IDs": "123"})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("end", ["\r\n", "\n", ""])
def test_what_stands_in_a_sheet_stays_byte_for_byte(encoding: str, delimiter: str, end: str) -> None:
    """Reference rows, quoting, encoding, line ends: rows are added below, in the same way."""
    lines = ["Reference row: do not delete", delimiter.join(["Action", "Ad Name"]), '"keep, ""this"" é"']
    content = ((end or "\n").join(lines) + end).encode(encoding)

    made = fill(read_sheet(content, name="s.csv", known=KNOWN), META, [CREATIVE]).content

    assert made.startswith(content)
    assert made.decode(encoding).splitlines()[3] == f"{delimiter}HV-7KQ2M9X401_cmp"


def test_a_big_endian_sheet_stays_big_endian() -> None:
    """No second mark stands in the middle."""
    content = "\ufeffAd Name,x\r\n".encode("utf-16-be")

    made = fill(read_sheet(content, name="s.csv", known=KNOWN), META, [CREATIVE]).content

    assert made.decode("utf-16-be") == "\ufeffAd Name,x\r\nHV-7KQ2M9X401_cmp,\r\n"


@pytest.mark.parametrize("value", ["=1+1", "+49", "-1", "@SUM(A1)", "\t=1", "\u200b=1", "＝1"])
def test_a_value_that_a_sheet_would_run_is_refused_not_escaped(value: str) -> None:
    """A platform would take the apostrophe for part of the name."""
    with pytest.raises(UploadError, match="would be run as a formula"):
        filled_rows("Ad Set ID,Ad Name", constants={"Ad Set ID": value})
    with pytest.raises(UploadError, match="would be run as a formula"):
        ads_csv([replace(CREATIVE, ad_name=value)], PlatformName.META)


@given(value=st.text(max_size=20))
def test_no_cell_that_is_written_is_a_formula(value: str) -> None:
    """Whatever a user types."""
    sheet = read_sheet(b"Ad Set ID,Ad Name\n", name="s.csv", known=KNOWN)
    refused = False
    try:
        content = fill(sheet, META, [CREATIVE], constants={"Ad Set ID": value}).content
    except (UploadError, UnicodeEncodeError):
        refused, content = True, b""

    cells = [cell for row in csv.reader(io.StringIO(content.decode(), newline="")) for cell in row]
    assert refused or not any(is_formula(cell) for cell in cells)


@pytest.mark.parametrize(
    ("header", "platform"),
    [
        ("Ad Name,URL Tags,Video ID", PlatformName.META),
        ("Ad name,Final URL,Final URL suffix,Campaign type", PlatformName.GOOGLE),
        ("Ad Name,AIGC Disclosure Type", PlatformName.TIKTOK),
        ("Promoted Pin Name,Media File Name,Organic Pin URL", PlatformName.PINTEREST),
        ("Creative Name,Top Snap Media,Attachment URL", PlatformName.SNAP),
    ],
)
def test_the_platform_is_told_by_the_headers(header: str, platform: PlatformName) -> None:
    """Nobody has to say what the sheet says."""
    assert platform_of(read_sheet(header.encode(), name="s.csv", known=KNOWN), KNOWN) is platform


def test_a_sheet_that_could_be_anybodys_asks() -> None:
    """Macros and disclosure differ: nothing is guessed."""
    with pytest.raises(UploadError, match="say which: --platform"):
        platform_of(read_sheet(b"Ad Name,x", name="s.csv", known=KNOWN), KNOWN)


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\xff\xfe\x00", b'"', b"Ad \xff Name"])
def test_what_is_no_sheet_is_refused(content: bytes) -> None:
    """By name, with what to do."""
    with pytest.raises(UploadError, match=r"s\.csv"):
        read_sheet(content, name="s.csv", known=KNOWN)


def test_only_stored_clips_that_nobody_rejected_are_uploaded() -> None:
    """In the manifest's order."""
    reject = JUDGEMENT.model_copy(update={"pick": Pick.REJECT})
    entries = [
        stored(make_job(take=1), judgements=[reject], copies=[COPY]),
        planned(make_job(take=2)),
        stored(make_job(take=3)),
    ]

    made = files_to_upload(rows_of(*entries), PlatformName.TIKTOK, KNOWN)

    assert [creative.creative_id for creative in made] == ["7KQ2M9X403"]


def test_a_clip_gives_way_to_its_copy_for_the_platform_and_only_there() -> None:
    """The copy for TikTok goes to TikTok, the clip as delivered to everybody else."""
    rows = rows_of(stored(make_job(), copies=[COPY]))

    [tiktok] = files_to_upload(rows, PlatformName.TIKTOK, KNOWN)
    [meta] = files_to_upload(rows, PlatformName.META, KNOWN)

    assert (tiktok.placement, tiktok.file_name) == ("tiktok_infeed", "7KQ2M9X401-tiktok_infeed.mp4")
    assert (meta.placement, meta.file_name) == (None, "7KQ2M9X401.mp4")


def test_copies_by_shape_go_everywhere() -> None:
    """9:16 is nobody's own."""
    tall = replace(COPY, name="9x16", key="cmp/main/conformed/7KQ2M9X401-9x16.mp4")
    rows = rows_of(stored(make_job(), copies=[tall]))

    assert [
        creative.file_name for name in PlatformName for creative in files_to_upload(rows, name, KNOWN)
    ] == ["7KQ2M9X401-9x16.mp4"] * len(PlatformName)


def finished(name: str, version: str) -> ClipCopy:
    """A copy for that placement or aspect, with that version of a finish."""
    finish = CopyFinish(name=version, finish_id=f"{version:0<10}", text=version, is_newest=True)
    return replace(COPY, name=name, key=f"cmp/main/conformed/7KQ2M9X401-{name}-{version}.mp4", finish=finish)


CLIP, BARE, PRICE, GIFT = "", "-tiktok_infeed", "-tiktok_infeed-price", "-tiktok_infeed-gift"


@pytest.mark.parametrize(
    ("versions", "uploaded"),
    [
        ((), [PRICE, GIFT]),
        (("price",), [PRICE]),
        (("gift", "price"), [PRICE, GIFT]),
        (("none",), [BARE]),
        (("none", "gift"), [BARE, GIFT]),
    ],
)
def test_finished_copies_replace_the_one_without_a_finish(
    versions: tuple[str, ...], uploaded: list[str]
) -> None:
    """Nobody sees an ad twice, with and without its price; who wants both says so."""
    copies = [COPY, finished("tiktok_infeed", "price"), finished("tiktok_infeed", "gift")]
    rows = rows_of(stored(make_job(), copies=copies))

    made = files_to_upload(rows, PlatformName.TIKTOK, KNOWN, versions=versions)

    assert [one.file_name for one in made] == [f"7KQ2M9X401{name}.mp4" for name in uploaded]


@pytest.mark.parametrize(
    ("versions", "uploaded"),
    [((), [PRICE]), (("price",), [PRICE]), (("none",), [CLIP]), (("none", "price"), [CLIP, PRICE])],
)
def test_without_a_bare_copy_none_is_the_clip_itself(versions: tuple[str, ...], uploaded: list[str]) -> None:
    """It is uploaded as it was delivered."""
    rows = rows_of(stored(make_job(), copies=[finished("tiktok_infeed", "price")]))

    made = files_to_upload(rows, PlatformName.TIKTOK, KNOWN, versions=versions)

    assert [one.file_name for one in made] == [f"7KQ2M9X401{name}.mp4" for name in uploaded]


def test_a_placement_without_a_finished_copy_keeps_its_bare_one() -> None:
    """A finish on Reels takes nothing away from the feed."""
    feed = replace(COPY, name="meta_feed", key="cmp/main/conformed/7KQ2M9X401-meta_feed.mp4")
    rows = rows_of(stored(make_job(), copies=[feed, finished("meta_reels", "price")]))

    made = files_to_upload(rows, PlatformName.META, KNOWN)

    assert [(one.placement, one.finish) for one in made] == [("meta_feed", None), ("meta_reels", "price")]


def test_a_clip_that_no_placement_of_the_platform_takes_is_told() -> None:
    """Before somebody uploads it."""
    rows = rows_of(stored(make_job(), measured=MEASURED))

    assert files_to_upload(rows, PlatformName.TIKTOK, KNOWN)[0].unfit == ("tiktok_infeed",)
    assert files_to_upload(rows, PlatformName.META, KNOWN)[0].unfit == ()


@pytest.mark.parametrize("name", PlatformName)
def test_every_platform_joins_by_creative_id_and_by_its_own_ad_id(name: PlatformName) -> None:
    """`utm_content` survives where macros fail; the macro is the platform's own."""
    [creative] = files_to_upload(rows_of(stored(make_job())), name, KNOWN)

    tags = dict(pair.split("=", 1) for pair in creative.url_tags.split("&"))
    assert tags["utm_content"] == "7kq2m9x401"
    assert tags["ad_id"].startswith(("{", "__"))
    assert creative.ad_name.startswith("HV-7KQ2M9X401")


def test_columns_that_travel_fill_columns_of_their_name_and_the_landing_page() -> None:
    """A constant and a link of yours come first."""
    columns = {"Product SKU": "A-1", "landing_url": LINK}
    sheet = read_sheet(b"ad name,product_sku,Link\r\n", name="sheet.csv", known=KNOWN)

    content = fill(sheet, META, [replace(CREATIVE, columns=columns)]).content
    fixed = fill(sheet, META, [replace(CREATIVE, columns=columns)], constants={"product sku": "B"}).content

    [row] = csv.DictReader(io.StringIO(content.decode(), newline=""))
    assert row["product_sku"] == "A-1"
    assert row["Link"].startswith("https://shop.example/shoe?size=42&utm_source=meta")
    assert b",B," in fixed


@pytest.mark.parametrize("link", ["shop.example/p", "javascript:alert(1)", "https://"])
def test_a_landing_page_that_travels_must_be_an_address(link: str) -> None:
    """It would be an ad that leads nowhere."""
    sheet = read_sheet(b"ad name,Link\r\n", name="sheet.csv", known=KNOWN)

    with pytest.raises(UploadError, match="landing page"):
        fill(sheet, META, [replace(CREATIVE, columns={"landing_url": link})])


def test_ads_csv_ties_creatives_to_ads_yet_without_ids() -> None:
    """The ids are the platform's to give: they come back filled."""
    text = ads_csv([CREATIVE], PlatformName.META).decode("utf-8-sig")

    [row] = csv.DictReader(io.StringIO(text, newline=""))

    known = {"creative_id", "platform", "ad_name", "s3_uri", "url_tags", "disclosure", "synthetic_performer"}
    assert tuple(row) == ADS_COLUMNS
    assert {column for column, cell in row.items() if cell} == known
    assert row["disclosure"] == "is_ai_generated=true"


@pytest.mark.parametrize(
    ("link", "kept"),
    [
        (" https://x.example/a b ", "https://x.example/a%20b"),
        ("https://x.example/été?q=ü", "https://x.example/%C3%A9t%C3%A9?q=%C3%BC"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://x.example/a%20b?id={{ad.id}}", "https://x.example/a%20b?id={{ad.id}}"),
        ("http://x.example:8080/p", "http://x.example:8080/p"),
    ],
)
def test_a_landing_page_is_written_as_ads_take_it(link: str, kept: str) -> None:
    """What is encoded stays so, and macros keep their braces."""
    assert landing_page(link, place="--link") == kept


@pytest.mark.parametrize(
    "link",
    [
        "",
        " ",
        "shop.example/p",
        "javascript:alert(1)",
        "ftp://x.example",
        "https://",
        "https:///p",
        "https://[x",
        "//x.example",
    ],
)
def test_what_is_no_address_is_no_landing_page(link: str) -> None:
    """Refused with where it was written."""
    with pytest.raises(UploadError, match="--link: the landing page is"):
        landing_page(link, place="--link")


@pytest.mark.parametrize(
    ("link", "tagged"),
    [
        ("https://x.example", "https://x.example?a={b}"),
        ("https://x.example/?q=1", "https://x.example/?q=1&a={b}"),
        ("https://x.example/p#f", "https://x.example/p?a={b}#f"),
        ("https://x.example/p?a=old&x=2&%61=too", "https://x.example/p?x=2&a={b}"),
        ("https://x.example/?", "https://x.example/?a={b}"),
    ],
)
def test_tags_stand_in_the_query(link: str, tagged: str) -> None:
    """And macros keep their braces."""
    assert with_tags(link, "a={b}") == tagged


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"version =", "is no TOML"),
        (b"\xff", "is no TOML"),
        (b'version = "uploads/1.0"', "meta"),
        (b'version = "uploads/9"', "version"),
    ],
)
def test_an_edited_file_of_platforms_is_checked(content: bytes, message: str) -> None:
    """With every place that is wrong."""
    with pytest.raises(UploadError, match=message):
        read_platforms(content, name="mine.toml")


@pytest.mark.parametrize("platform", KNOWN.values(), ids=list(KNOWN))
def test_every_fact_about_a_platform_has_a_source_and_a_day(platform: Platform) -> None:
    """Pages change monthly: nobody relies on an undated claim."""
    sources = [platform.headers.source, platform.utm.source]
    sources += [platform.disclosure.source] if platform.disclosure else []

    assert all(sources)
    assert platform.checked.year >= 2026


def test_placements_of_platforms_are_those_of_the_campaign_file() -> None:
    """One list of names, and each belongs to one platform."""

    named = [placement for platform in KNOWN.values() for placement in platform.placements]

    assert sorted(named) == sorted(get_args(Placement))
