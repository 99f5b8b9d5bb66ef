"""The products of a source: Shopify's export, Google Merchant as text or XML, or a sheet by your own headers."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from hailuo.campaign.files import cell_fault
from hailuo.errors import CampaignError, Place, Problem
from hailuo.sheets import (
    UnreadableSheetError,
    as_text,
    decoded,
    is_workbook,
    key_of,
    rows_of_text,
    sheets_of_workbook,
)
from hailuo.text import quoted, suggestion

FIELDS: Final = ("id", "title", "price", "picture", "locale", "link", "availability")
_GOOGLE: Final = {
    "id": "id",
    "title": "title",
    "price": "price",
    "picture": "image_link",
    "link": "link",
    "availability": "availability",
    "locale": "content_language",
}
_SHOPIFY_MARKS: Final = ("handle", "imagesrc", "variantprice")
_SOLD_OUT: Final = frozenset({"outofstock", "soldout", "discontinued", "0", "no", "false", "ausverkauft"})
_NUMBER: Final = re.compile(r"-?[0-9]+(?:[.,]0+)?")

Record = tuple[Place, Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One product on sale or sold out. `picture` is an address, or a path from the source's folder; empty for none."""

    id: str
    title: str
    price: str
    picture: str
    locale: str
    link: str
    is_sold_out: bool
    place: Place


def read_products(content: bytes, name: str, columns: Mapping[str, str]) -> tuple[Product, ...]:
    """Every product of a source in its order; `columns` says which header is which field, where it is not known.

    Raises: CampaignError with every problem: damaged cells, missing columns, two products with one id, unsafe XML.
    """
    try:
        records = list(_records(content, name))
    except UnreadableSheetError as error:
        raise CampaignError(error.problems) from error
    headers = {key_of(header): header for _, record in records for header in record}
    if not columns and all(mark in headers for mark in _SHOPIFY_MARKS):
        products = list(_shopify(records))
    else:
        products = [_product(place, record) for place, record in _by_field(records, headers, columns, name)]
    problems = [problem for product in products for problem in _problems(product)]
    first: dict[str, Product] = {}
    for product in products:
        if first.setdefault(product.id, product) is not product:
            reason = (
                f"the id {quoted(product.id)} is there twice, first on line {first[product.id].place.line}"
            )
            problems.append(Problem(product.place, reason, "keep one of them"))
    if not products:
        problems.append(Problem(Place(name), "no product is in it", "export it again"))
    if problems:
        raise CampaignError(problems)
    return tuple(products)


def _records(content: bytes, name: str) -> Iterator[Record]:
    if is_workbook(content):
        _, rows = next(sheets_of_workbook(content, name))
    else:
        text, _ = decoded(content, name)
        if text.lstrip().startswith("<"):
            yield from _of_xml(content, name)
            return
        rows = rows_of_text(
            text, name, {key_of(one) for one in (*_GOOGLE.values(), *FIELDS, *_SHOPIFY_MARKS)}
        )
    filled = ((line, list(map(as_text, cells))) for line, cells in rows)
    table = ((line, cells) for line, cells in filled if any(cells))
    _, header = next(table, (0, []))
    for line, cells in table:
        yield Place(name, line), {h: c for h, c in zip(header, cells, strict=False) if h}


def _of_xml(content: bytes, name: str) -> Iterator[Record]:
    """The items of an RSS feed, or the entries of an Atom feed. Raises: UnreadableSheetError."""
    try:
        root: Element = fromstring(content, forbid_dtd=True)
    except DefusedXmlException as error:
        reason = "the XML declares entities or a document type, which is not safe to read"
        raise UnreadableSheetError(Place(name), reason, "export it without") from error
    except (ParseError, ValueError) as error:
        raise UnreadableSheetError(
            Place(name), f"the XML cannot be read: {error}", "export it again"
        ) from error
    items = [one for one in root.iter() if _local(one) in ("item", "entry")]
    for number, item in enumerate(items, start=1):
        fields: dict[str, str] = {}
        for child in item:
            fields.setdefault(_local(child), (child.text or child.get("href") or "").strip())
        yield Place(name, number), fields


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _by_field(
    records: Iterable[Record], headers: Mapping[str, str], columns: Mapping[str, str], name: str
) -> Iterator[Record]:
    """The records by field. Raises: CampaignError for a column that is not there."""
    wanted = {**_GOOGLE, **columns}
    found = {field: headers[key_of(header)] for field, header in wanted.items() if key_of(header) in headers}
    missing = {field: wanted[field] for field in ("id", "title", *columns) if field not in found}
    if missing:
        shown = tuple(headers.values())
        raise CampaignError(
            [
                Problem(Place(name), f"no column {quoted(header)} for {field}", suggestion(header, shown))
                for field, header in missing.items()
            ]
        )
    for place, record in records:
        yield place, {field: record.get(header, "") for field, header in found.items()}


def _product(place: Place, record: Mapping[str, str]) -> Product:
    values = {field: record.get(field, "") for field in FIELDS}
    availability = values.pop("availability")
    number = float(availability.replace(",", ".")) if _NUMBER.fullmatch(availability) else 1
    is_sold_out = key_of(availability) in _SOLD_OUT or number <= 0
    return Product(**values, is_sold_out=is_sold_out, place=place)


def _shopify(records: Sequence[Record]) -> Iterator[Product]:
    """One product for each handle: its lines are variants and pictures."""
    groups: dict[str, list[tuple[Place, dict[str, str]]]] = {}
    for place, record in records:
        line = {key_of(header): cell for header, cell in record.items()}
        groups.setdefault(line["handle"], []).append((place, line))
    for handle, lines in groups.items():
        place, head = lines[0]
        variants = [line for _, line in lines if line.get("variantprice")]
        pictures = sorted(
            (
                (int(n) if (n := line.get("imageposition", "")).isdigit() else 999, line["imagesrc"])
                for _, line in lines
                if line.get("imagesrc")
            ),
            key=lambda one: one[0],
        )
        is_off = (
            head.get("status", "active") not in ("active", "") or key_of(head.get("published", "")) == "false"
        )
        yield Product(
            id=handle,
            title=head.get("title", ""),
            price=variants[0]["variantprice"] if variants else "",
            picture=pictures[0][1] if pictures else "",
            locale="",
            link="",
            is_sold_out=is_off or (bool(variants) and not any(map(_has_stock, variants))),
            place=place,
        )


def _has_stock(variant: Mapping[str, str]) -> bool:
    """Whether a variant can be bought: it is counted and there, or not counted, or sold beyond its stock."""
    quantity = variant.get("variantinventoryqty", "")
    is_counted = bool(variant.get("variantinventorytracker")) and bool(_NUMBER.fullmatch(quantity))
    policy = variant.get("variantinventorypolicy", "deny")
    return not is_counted or policy == "continue" or float(quantity.replace(",", ".")) > 0


def _problems(product: Product) -> Iterator[Problem]:
    for field in ("id", "title"):
        if not getattr(product, field):
            yield Problem(product.place, f"the product has no {field}", "give it one, or delete the line")
    for field in ("id", "title", "price", "picture", "link"):
        if fault := cell_fault(getattr(product, field)):
            yield Problem(product.place, f"{field}: {fault[0]}", fault[1])
