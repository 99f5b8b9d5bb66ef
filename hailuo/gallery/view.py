"""What the page shows, as values: sections of cells of tiles, the facts on top, the filters."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from hailuo.gallery.bill import Bill, Standing, bill, total
from hailuo.gallery.words import (
    STATE_WORDS,
    bytes_in_words,
    reason,
    seconds_in_words,
    state_word,
)
from hailuo.pricing import usd

__all__ = ["Cell", "Facts", "Filter", "Row", "Section", "Tile", "facts", "filters", "sections"]

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One job. `href` is None where there is no clip to play; then `why` says why."""

    creative_id: str
    state: str
    state_word: str
    take: str
    spoken: str
    href: str | None
    why: str
    cost: str
    cost_note: str
    render_time: str
    ad_name: str
    is_control: bool
    filtered_by: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """The takes of one prompt at one model, duration, size and first frame (empty where there is none)."""

    model: str
    setting: str
    first_frame: str
    tiles: tuple[Tile, ...]

    @property
    def spoken(self) -> str:
        frame = f", first frame {self.first_frame}" if self.first_frame else ""
        return f"{self.model}, {self.setting}{frame}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One prompt as it was sent."""

    label: str
    prompt: str
    variables: tuple[tuple[str, str], ...]
    cells: tuple[Cell, ...]

    @property
    def clips(self) -> int:
        return sum(1 for cell in self.cells for tile in cell.tiles if tile.href)

    @property
    def jobs(self) -> int:
        return sum(len(cell.tiles) for cell in self.cells)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One axis to choose by, or the state where `axis` is None: value to what is shown, as they appear."""

    axis: str | None
    levels: Mapping[str, str]

    @property
    def label(self) -> str:
        return "job state" if self.axis is None else self.axis.replace("_", " ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The numbers on top of the page."""

    editions: str
    jobs: int
    states: tuple[tuple[str, str, int], ...]
    spent: str
    spent_note: str
    held: str
    to_buy: str
    models: str
    durations: str
    sizes: str
    clip_bytes: str


def filters(rows: Sequence[Row]) -> tuple[Filter, ...]:
    """One per axis that varies, and one for the state."""
    axes = dict.fromkeys(axis for row in rows for axis in _mapping(row, "factors"))
    by_axis = [
        Filter(
            axis=axis, levels={level: _shown(axis, level) for level in (_level(row, axis) for row in rows)}
        )
        for axis in axes
    ]
    states = {state: state_word(state) for state in (_level(row, None) for row in rows)}
    return (*by_axis, Filter(axis=None, levels=states))


def sections(
    rows: Sequence[Row], *, clip_href: Callable[[str], str | None], built_at: datetime
) -> tuple[Section, ...]:
    """Prompts, within them model x duration x size x first frame, within these the takes; as they appear."""
    positions = [(f.axis, {level: at for at, level in enumerate(f.levels)}) for f in filters(rows)]

    def tile(row: Row) -> Tile:
        chosen = tuple(position[_level(row, axis)] for axis, position in positions)
        return _tile(row, clip_href=clip_href, built_at=built_at, filtered_by=chosen)

    return tuple(
        Section(
            label=_text(group[0], "prompt_label") or "Prompt",
            prompt=_text(group[0], "prompt"),
            variables=tuple((name, str(level)) for name, level in _mapping(group[0], "prompt_vars").items()),
            cells=tuple(_cell(members, tile) for members in _grouped(group, _setting_key)),
        )
        for group in _grouped(rows, lambda row: (row["prompt_label"], row["prompt"]))
    )


def facts(rows: Sequence[Row]) -> Facts:
    """Counts, money and what the matrix spans."""
    bills = [bill(row) for row in rows]
    assumed = total(bills, Standing.ASSUMED, Standing.LOST) + sum((b.lost for b in bills), Decimal(0))
    twice = sum((b.twice for b in bills), Decimal(0))
    notes = ((assumed, "of it by estimate"), (twice, "of it paid twice"))
    return Facts(
        editions=", ".join(_distinct(rows, "edition")),
        jobs=len(rows),
        states=_state_counts(rows),
        spent=usd(total(bills, Standing.CHARGED) + assumed + twice),
        spent_note=", ".join(f"{usd(amount)} {said}" for amount, said in notes if amount),
        held=usd(total(bills, Standing.HELD)),
        to_buy=usd(total(bills, Standing.PLANNED)),
        models=", ".join(map(_short_model, _distinct(rows, "model"))),
        durations=", ".join(f"{duration} s" for duration in _distinct(rows, "duration_req")),
        sizes=", ".join(_distinct(rows, "size_req")),
        clip_bytes=bytes_in_words(sum(_number(row, "bytes") for row in rows)),
    )


def _cell(rows: Sequence[Row], tile: Callable[[Row], Tile]) -> Cell:
    first = rows[0]
    parameters = [f"{name} {value}" for name, value in _mapping(first, "params").items()]
    return Cell(
        model=_short_model(_text(first, "model")),
        setting=" · ".join([f"{first['duration_req']} s", _text(first, "size_req"), *parameters]),
        first_frame=_text(first, "first_frame_id"),
        tiles=tuple(map(tile, rows)),
    )


def _tile(
    row: Row, *, clip_href: Callable[[str], str | None], built_at: datetime, filtered_by: tuple[int, ...]
) -> Tile:
    creative_id, state = _text(row, "creative_id"), _text(row, "state")
    href = clip_href(creative_id) if state == "stored" else None
    cost = bill(row)
    rendered = row["render_s"]
    return Tile(
        creative_id=creative_id,
        state=state,
        state_word=state_word(state),
        take=f"Take {row['take']}",
        spoken=_spoken(row),
        href=href,
        why="" if href else reason(row, built_at=built_at),
        cost="no price known" if cost.amount is None else usd(cost.amount),
        cost_note=_cost_note(cost),
        render_time=seconds_in_words(rendered) if isinstance(rendered, int | float) else "",
        ad_name=_text(row, "ad_name"),
        is_control=bool(row["is_control"]),
        filtered_by=filtered_by,
    )


def _cost_note(cost: Bill) -> str:
    besides = ((cost.twice, "paid twice"), (cost.lost, "lost"))
    return "".join([cost.standing.value, *(f" + {usd(amount)} {said}" for amount, said in besides if amount)])


def _spoken(row: Row) -> str:
    parts = [
        _text(row, "prompt_label"),
        _short_model(_text(row, "model")),
        f"{row['duration_req']} seconds",
        _text(row, "size_req"),
        f"take {row['take']}",
        f"first frame {row['first_frame_id']}" if row["first_frame_id"] else "",
    ]
    return ", ".join(part for part in parts if part)


def _state_counts(rows: Sequence[Row]) -> tuple[tuple[str, str, int], ...]:
    found = [str(row["state"]) for row in rows]
    order = dict.fromkeys([*STATE_WORDS, *found])
    return tuple((state, state_word(state), found.count(state)) for state in order if state in found)


def _setting_key(row: Row) -> tuple[object, ...]:
    frame = (row["first_frame_id"], row["first_frame_sha256"])
    return (row["model"], row["duration_req"], row["size_req"], *frame, str(_mapping(row, "params")))


def _level(row: Row, axis: str | None) -> str:
    level = row["state"] if axis is None else _mapping(row, "factors").get(axis)
    return "" if level is None else str(level)


def _shown(axis: str, level: str) -> str:
    return (_short_model(level) if axis == "model" else level) or "none"


def _short_model(model: str) -> str:
    """Without the maker's name, which all of them share: `Hailuo 2.3 Fast`."""
    return model.removeprefix("MiniMax-").replace("-", " ")


def _grouped(rows: Iterable[Row], key: Callable[[Row], object]) -> list[list[Row]]:
    groups: dict[object, list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return list(groups.values())


def _distinct(rows: Iterable[Row], column: str) -> list[str]:
    return list(dict.fromkeys(str(row[column]) for row in rows if row[column] is not None))


def _text(row: Row, column: str) -> str:
    value = row[column]
    return "" if value is None else str(value)


def _number(row: Row, column: str) -> float:
    value = row[column]
    return value if isinstance(value, int | float) else 0


def _mapping(row: Row, column: str) -> Mapping[str, object]:
    value = row[column]
    return value if isinstance(value, dict) else {}
