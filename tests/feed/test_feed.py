"""Products of a shop become rows: unsafe sources are refused, pictures are fetched once, equal rows keep their ids."""

import asyncio
import csv
import io
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from PIL import Image

from hailuo.campaign.expand import expand
from hailuo.campaign.files import load_campaign, load_catalog
from hailuo.cli.main import run
from hailuo.errors import CampaignError
from hailuo.feed import FeedChanges, FeedMap, make_rows, read_map, read_products
from hailuo.vendor.pictures import fetch_pictures

CAMPAIGNS = Path(__file__).resolve().parents[2] / "campaigns"
CATALOG = load_catalog()
ROW: dict[str, str | int] = {
    "prompt": "{title} on stone, slow",
    "model": "MiniMax-Hailuo-2.3",
    "duration": 6,
    "size": "768p",
}
URL = "https://cdn.example/shoe.png"
TSV = "id\ttitle\tprice\timage link\tavailability\tlink\n"
SHOE = f"A-1\tShoe|red {{new}}\t10 EUR\t{URL}\tin stock\thttps://shop.example/1\n"
BOOT = "A-2\tBoot\t20 EUR\thttps://cdn.example/boot.png\tin stock\thttps://shop.example/2\n"


def png(colour: str = "red", mode: str = "RGB") -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, (400, 700), colour if mode == "RGB" else 0).save(buffer, "PNG")
    return buffer.getvalue()


class Shop:
    """A server of pictures, by their address; it counts what it is asked for."""

    def __init__(self) -> None:
        self.pictures: dict[str, bytes] = {URL: png(), "https://cdn.example/boot.png": png("blue")}
        self.asked: list[str] = []

    async def fetch(self, wanted: Mapping[str, Path]) -> Mapping[str, str | None]:
        return await fetch_pictures(
            wanted, transport=httpx.MockTransport(self._answer), resolve=self._resolve
        )

    async def _resolve(self, host: str) -> list[str]:
        return ["10.0.0.7"] if host == "intranet.example" else ["93.184.216.34"]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        url = f"https://{request.headers['Host']}{request.url.path}"
        self.asked.append(url)
        found = self.pictures.get(url)
        return httpx.Response(404) if found is None else httpx.Response(200, content=found)


@pytest.fixture
def shop() -> Shop:
    return Shop()


Make = Callable[..., FeedChanges]


@pytest.fixture
def make(tmp_path: Path, shop: Shop) -> Make:
    """Make the rows of a source."""

    def made(text: str | bytes, *, name: str = "feed.tsv", **options: object) -> FeedChanges:
        content = text.encode() if isinstance(text, str) else text
        how = FeedMap(row=ROW, **options)  # type: ignore[arg-type]  # a shorthand
        return asyncio.run(make_rows(tmp_path / name, content, how, tmp_path / "rows.csv", fetch=shop.fetch))

    return made


def jobs_in(folder: Path) -> dict[str, str]:
    """The creative id of each product's clip."""
    loaded = load_campaign(folder / "rows.csv", catalog=CATALOG, at=datetime(2026, 11, 22, tzinfo=UTC))
    assert loaded.problems == ()
    assert loaded.campaign
    expansion = expand(loaded.campaign, CATALOG)
    assert expansion.problems == ()
    return {job.columns["id"]: job.creative_id for job in expansion.jobs}


def test_only_new_and_changed_products_become_new_jobs(make: Make, tmp_path: Path, shop: Shop) -> None:
    """And a picture is fetched once for its address."""
    assert make(TSV + SHOE).new == ("A-1",)
    before = jobs_in(tmp_path)

    changes = make(TSV + SHOE.replace("10 EUR", "12 EUR") + BOOT)

    assert (changes.new, changes.changed, changes.same) == (("A-2",), ("A-1",), ())
    after = jobs_in(tmp_path)
    assert after["A-1"] == before["A-1"]  # the price only travels
    assert make(TSV + SHOE.replace("Shoe", "Clog") + BOOT).changed == ("A-1",)
    assert jobs_in(tmp_path)["A-1"] != before["A-1"]
    assert shop.asked == [URL, "https://cdn.example/boot.png"]


def test_what_is_sold_out_or_gone_drops_out(make: Make, tmp_path: Path) -> None:
    """Its clip stays in the store, but nothing is bought for it."""
    make(TSV + SHOE + BOOT)

    sold = make(TSV + SHOE + BOOT.replace("in stock", "out of stock"))

    assert (sold.sold_out, sold.same) == (("A-2",), ("A-1",))
    assert list(jobs_in(tmp_path)) == ["A-1"]
    assert make(TSV + BOOT).gone == ("A-1",)


def test_a_title_is_a_text_and_no_list_or_template(make: Make, tmp_path: Path) -> None:
    """A bar would make two clips of it, a brace a field."""
    make(TSV + SHOE)

    [row] = csv.DictReader(io.StringIO((tmp_path / "rows.csv").read_text()))
    assert row["title"] == "Shoe/red {new}"
    assert len(jobs_in(tmp_path)) == 1


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://cdn.example/none.png", "HTTP 404"),
        ("http://cdn.example/shoe.png", "not https"),
        ("https://intranet.example/a.png", "private network"),
        ("https://cdn.example/page.png", "no image that can be read"),
        ("", "there is no picture"),
        ("../secret.png", "outside the folder"),
    ],
)
def test_a_product_without_a_sound_picture_is_left_out(make: Make, shop: Shop, url: str, reason: str) -> None:
    """And listed; the others are made."""
    shop.pictures["https://cdn.example/page.png"] = b"<html>no picture</html>"

    changes = make(TSV + SHOE.replace(URL, url) + BOOT)

    assert changes.new == ("A-2",)
    [problem] = changes.left_out
    assert reason in problem.reason


def test_a_picture_that_may_be_shown_otherwise_is_converted(make: Make, shop: Shop, tmp_path: Path) -> None:
    """Here a transparent one; and into a shape, if one is asked for."""
    shop.pictures[URL] = png(mode="RGBA")

    make(TSV + SHOE, fit="1:1")

    [picture] = (tmp_path / "rows-pictures").glob("*.jpg")
    assert Image.open(io.BytesIO(picture.read_bytes())).size == (400, 400)
    assert len(jobs_in(tmp_path)) == 1


def test_products_of_one_clip_are_one_row(make: Make, tmp_path: Path) -> None:
    """Sizes of one shoe have one picture and one title: the clip is bought once, and names them all."""
    make(TSV + SHOE + SHOE.replace("A-1", "A-1-L") + BOOT)

    rows = list(csv.DictReader(io.StringIO((tmp_path / "rows.csv").read_text())))
    assert [(row["id"], row["same_clip"]) for row in rows] == [("A-1", "A-1-L"), ("A-2", "")]
    assert len(jobs_in(tmp_path)) == 2


SHOPIFY = (
    "Handle,Title,Published,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,"
    "Variant Price,Image Src,Image Position,Status\n"
    f"shoe,Shoe,true,shopify,0,deny,10.00,https://cdn.example/second.png,2,active\n"
    f"shoe,,,shopify,3,deny,12.00,{URL},1,\n"
    "boot,Boot,true,shopify,0,deny,20.00,https://cdn.example/boot.png,1,active\n"
    "bag,Bag,true,,0,deny,5.00,https://cdn.example/boot.png,1,draft\n"
)


def test_a_shopify_export_is_read_by_its_own_headers() -> None:
    """One product for each handle, its first picture, on sale while some variant is."""
    found = read_products(SHOPIFY.encode(), "products.csv", {})

    assert [(one.id, one.title, one.price, one.picture, one.is_sold_out) for one in found] == [
        ("shoe", "Shoe", "10.00", URL, False),
        ("boot", "Boot", "20.00", "https://cdn.example/boot.png", True),
        ("bag", "Bag", "5.00", "https://cdn.example/boot.png", True),
    ]


def test_any_sheet_is_read_by_the_headers_of_the_map() -> None:
    """Here a sheet of a German shop, as Excel saves it."""
    content = "Artikel;Name;Foto;Bestand\nA-1;Schöner Schuh;a.jpg;3\nA-2;Stiefel;b.jpg;0\n".encode("cp1252")
    columns = {"id": "artikel", "title": "Name", "picture": "Foto", "availability": "Bestand"}

    found = read_products(content, "artikel.csv", columns)

    assert [(one.id, one.title, one.picture, one.is_sold_out) for one in found] == [
        ("A-1", "Schöner Schuh", "a.jpg", False),
        ("A-2", "Stiefel", "b.jpg", True),
    ]


BOMB = '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><rss><item><id>&b;</id></item></rss>'
OUTSIDE = '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss><item><id>&x;</id></item></rss>'


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (BOMB, "not safe to read"),
        (OUTSIDE, "not safe to read"),
        ("<rss><item>", "the XML cannot be read"),
        ("<rss></rss>", "no column"),
        ("name\tcost\nShoe\t3\n", "no column 'id' for id"),
        (TSV + SHOE + SHOE, "is there twice, first on line 2"),
        (TSV + SHOE.replace("Shoe", "#REF!"), "an error of the spreadsheet"),
        (TSV + SHOE.replace("Shoe", "CafÃ©"), "decoded wrongly"),
        (TSV + "\tShoe\t\t\t\t\n", "the product has no id"),
        ("", "no column"),
    ],
)
def test_an_unsafe_or_damaged_source_is_refused(make: Make, content: str, reason: str) -> None:
    """Before any picture is fetched."""
    with pytest.raises(CampaignError) as refused:
        make(content)

    assert reason in str(refused.value)


@pytest.mark.parametrize(
    "text",
    ["row = 3", "rows = {}", "[row", '[row]\nprompt="x"\n[columns]\nsku="S"', 'fit="9x16"\n[row]\na="b"'],
)
def test_a_map_that_cannot_be_read_is_refused(text: str) -> None:
    """With its name."""
    with pytest.raises(CampaignError, match=r"map\.toml"):
        read_map(text.encode(), "map.toml")


def test_the_example_makes_rows_that_are_a_campaign(tmp_path: Path) -> None:
    """As docs/reference/sheets.md shows it."""
    source, how, rows = (
        CAMPAIGNS / "merchant-feed.xml",
        CAMPAIGNS / "merchant-feed.toml",
        tmp_path / "rows.csv",
    )

    assert run(["feed", str(source), "--map", str(how), "-o", str(rows)]) == 0

    assert list(jobs_in(tmp_path)) == ["P-100", "P-101"]
    assert run(["validate", str(rows)]) == 0
