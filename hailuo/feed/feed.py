"""Products into the rows of a sheet, with their pictures beside it. What is sold out drops out of the rows."""

import csv
import hashlib
import io
import json
import tomllib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

from pydantic import TypeAdapter, ValidationError, with_config

from hailuo.campaign.files import check_frame
from hailuo.campaign.prompt import Template, read_template
from hailuo.errors import CampaignError, Place, Problem
from hailuo.feed.products import Product, read_products
from hailuo.media.still import FrameFit, FrameShape, StillError, converted
from hailuo.text import is_formula, slug_of

FetchPictures = Callable[[Mapping[str, Path]], Awaitable[Mapping[str, str | None]]]
"""Addresses and their files in; for each None, or why it could not be fetched."""

FieldName = Literal["id", "title", "price", "picture", "locale", "link", "availability"]
_COLUMNS: Final = ("id", "title", "price", "locale", "product_url")


@with_config({"extra": "forbid"})
@dataclass(frozen=True, slots=True, kw_only=True)
class FeedMap:
    """How products become rows. `row` is written into every row: `prompt`, `model`, `duration`, `size`, `takes` ...

    `columns` maps a field to the header of the source. With a `fit`, pictures come into that shape.
    """

    row: dict[str, str | int]
    columns: dict[FieldName, str] = field(default_factory=dict)
    locale: str = ""
    fit: str | None = None
    how: FrameFit = FrameFit.CROP


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedChanges:
    """The ids of products by what became of them; `left_out` are those without a sound picture."""

    new: tuple[str, ...]
    changed: tuple[str, ...]
    same: tuple[str, ...]
    sold_out: tuple[str, ...]
    gone: tuple[str, ...]
    left_out: tuple[Problem, ...]


def read_map(content: bytes, name: str) -> FeedMap:
    """A map file (TOML). Raises: CampaignError."""
    try:
        found = TypeAdapter(FeedMap).validate_python(tomllib.loads(content.decode()))
        if found.fit:
            FrameShape.of(found.fit)
    except ValidationError as error:
        problems = [
            Problem(
                Place(name), f"{'.'.join(map(str, one['loc']))}: {one['msg']}", "see docs/reference/sheets.md"
            )
            for one in error.errors()
        ]
        raise CampaignError(problems) from error
    except ValueError as error:
        raise CampaignError([Problem(Place(name), f"cannot be read: {error}", "correct it")]) from error
    return found


async def make_rows(
    source: Path, content: bytes, how: FeedMap, target: Path, *, fetch: FetchPictures
) -> FeedChanges:
    """Write the rows of the products that are on sale to `target`, and their pictures beside it.

    A picture is fetched once for its address. Equal rows keep their ids, so only new and changed products are bought.
    Raises: CampaignError with every problem of the source; OSError.
    """
    products = read_products(
        content, str(source), {str(name): header for name, header in how.columns.items()}
    )
    on_sale = [product for product in products if not product.is_sold_out]
    pictures = _Pictures(source.parent, target, how)
    faults = await pictures.gather([product.picture for product in on_sale if product.picture], fetch)
    rows: dict[str, dict[str, str]] = {}
    left_out: list[Problem] = []
    for product in on_sale:
        if fault := faults.get(product.picture):
            left_out.append(
                Problem(product.place, f"{product.id}: the picture: {fault}", "replace the picture")
            )
        elif not product.picture:
            reason = f"{product.id}: there is no picture"
            left_out.append(Problem(product.place, reason, "give the product one"))
        else:
            rows[product.id] = _row(product, how, pictures.name_of(product.picture))
    rows = _one_row_per_clip(rows)
    before = _rows_before(target)
    _write_rows(target, list(rows.values()))
    pictures.remember()
    return FeedChanges(
        new=tuple(one for one in rows if one not in before),
        changed=tuple(one for one in rows if one in before and rows[one] != before[one]),
        same=tuple(one for one in rows if rows[one] == before.get(one)),
        sold_out=tuple(product.id for product in products if product.is_sold_out),
        gone=tuple(one for one in before if one not in {product.id for product in products}),
        left_out=tuple(left_out),
    )


class _Pictures:
    """The pictures beside the rows, each named by its content, and the address that each came from."""

    def __init__(self, source: Path, target: Path, how: FeedMap) -> None:
        self._source = source
        self._how = how
        self._folder = target.with_name(f"{target.stem}-pictures")
        self._known_file = self._folder / "addresses.json"
        self._known: dict[str, str] = {}
        if self._known_file.is_file():
            self._known = TypeAdapter(dict[str, str]).validate_json(self._known_file.read_bytes())

    async def gather(self, wanted: Sequence[str], fetch: FetchPictures) -> Mapping[str, str]:
        """Fetch or read what is not there yet; the reason for each that is no first frame."""
        faults: dict[str, str] = {}
        open_ones = [one for one in dict.fromkeys(wanted) if not self._is_there(one)]
        self._folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory() as folder:
            addresses = [one for one in open_ones if "://" in one]
            files = {one: Path(folder) / str(number) for number, one in enumerate(addresses)}
            fetched = await fetch(files) if files else {}
            for one in open_ones:
                if reason := fetched.get(one):
                    faults[one] = reason
                    continue
                try:
                    self._keep(one, (files.get(one) or self._inside(one)).read_bytes())
                except (StillError, ValueError, OSError) as error:
                    faults[one] = str(error)
        return faults

    def name_of(self, picture: str) -> str:
        """The path of a picture, from the folder of the rows."""
        return f"{self._folder.name}/{self._known[self._key(picture)]}"

    def remember(self) -> None:
        """Write down which address is in which file."""
        self._known_file.write_text(
            json.dumps(self._known, indent=1, sort_keys=True) + "\n", encoding="utf-8"
        )

    def _key(self, picture: str) -> str:
        """A picture in a shape; a file of one's own by its content, for it may be another tomorrow."""
        own = "" if "://" in picture else hashlib.sha256(self._inside(picture).read_bytes()).hexdigest()[:16]
        return " ".join(
            filter(None, (picture, own, self._how.fit, self._how.how.value if self._how.fit else ""))
        )

    def _is_there(self, picture: str) -> bool:
        try:
            name = self._known.get(self._key(picture))
        except (OSError, ValueError):
            return False
        return name is not None and (self._folder / name).is_file()

    def _inside(self, picture: str) -> Path:
        path = (self._source / picture).resolve()
        if not path.is_relative_to(self._source.resolve()):
            raise ValueError("the path leads outside the folder of the feed")
        return path

    def _keep(self, picture: str, content: bytes) -> None:
        """As it is if it can be a first frame of the shape; else converted. Raises: StillError, ValueError."""
        shape = FrameShape.of(self._how.fit) if self._how.fit else None
        if shape or not _is_frame(content):
            content = converted(content, shape=shape, fit=self._how.how)
            check_frame(content)
        suffix = {b"\x89PN": ".png", b"RIF": ".webp"}.get(content[:3], ".jpg")
        name = f"{hashlib.sha256(content).hexdigest()[:16]}{suffix}"
        (self._folder / name).write_bytes(content)
        self._known[self._key(picture)] = name


def _is_frame(content: bytes) -> bool:
    try:
        check_frame(content)
    except ValueError:
        return False
    return True


def _row(product: Product, how: FeedMap, picture: str) -> dict[str, str]:
    cells = {
        **{name: str(value) for name, value in how.row.items()},
        "first_frame": picture,
        "id": product.id,
        "title": product.title,
        "price": product.price,
        "locale": product.locale or how.locale,
        "product_url": product.link,
    }
    if "prompt" in cells and "prompt_id" not in cells:
        cells["prompt_id"] = slug_of(cells["prompt"], longest=40) or "prompt"
    # In a cell of the rows, `|` would begin an alternative.
    return {name: cell.replace("|", "/") if name in _COLUMNS else cell for name, cell in cells.items()}


def _one_row_per_clip(rows: Mapping[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """The rows without those that order the clip of an earlier one, such as sizes of one shoe; `same_clip` names them."""
    kept: dict[tuple[tuple[str, str], ...], str] = {}
    sharing: dict[str, list[str]] = {}
    for product_id, row in rows.items():
        template = _template(row.get("prompt", ""))
        unused = () if template is None else [name for name in _COLUMNS if name not in template.fields]
        clip = tuple((name, cell) for name, cell in row.items() if name not in unused)
        sharing.setdefault(kept.setdefault(clip, product_id), []).append(product_id)
    return {first: {**rows[first], "same_clip": ", ".join(others)} for first, (_, *others) in sharing.items()}


def _template(prompt: str) -> Template | None:
    """None where the prompt is not in the map or cannot be read: then every column may count."""
    try:
        return read_template(prompt) if prompt else None
    except ValueError:
        return None


def _rows_before(target: Path) -> Mapping[str, Mapping[str, str]]:
    if not target.is_file():
        return {}
    rows = csv.DictReader(io.StringIO(target.read_text(encoding="utf-8-sig"), newline=""))
    return {row["id"]: row for row in rows if row.get("id")}


def _write_rows(target: Path, rows: Sequence[Mapping[str, str]]) -> None:
    """Raises: CampaignError for a cell that a spreadsheet would run as a formula."""
    problems = [
        Problem(
            Place(str(target)),
            f"{row['id']}: {name} begins like a formula: {cell[:20]!r}",
            "change it in the shop",
        )
        for row in rows
        for name, cell in row.items()
        if is_formula(cell)
    ]
    if problems:
        raise CampaignError(problems)
    sheet = io.StringIO(newline="")
    writer = csv.DictWriter(sheet, fieldnames=list(rows[0]) if rows else list(_COLUMNS))
    writer.writeheader()
    writer.writerows(rows)
    target.write_text(sheet.getvalue(), encoding="utf-8", newline="")
