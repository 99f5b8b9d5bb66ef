"""A campaign file written from values: complete rows, with a comment above each.

The counterpart of `load_campaign`, which reads the same cells back from it.
"""

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from re import fullmatch

import yaml

from hailuo.campaign.files.finish_schema import NO_BOX
from hailuo.campaign.files.schema import LABEL
from hailuo.campaign.finish import DrawnText, Finish, Lettering, Span
from hailuo.campaign.model import SETTING_AXES, Campaign, Cell, SyntheticPerformer
from hailuo.campaign.prompt import read_template
from hailuo.campaign.variant import FirstFrame
from hailuo.errors import CampaignError, Place, Problem
from hailuo.text import printable, quoted

_WIDTH = 100
_LONGEST_ID = 60
_TYPOGRAPHIC = re.compile("[“”„‟«»‘’‚]")


class _Dumper(yaml.SafeDumper):
    """Writes a text in quotes where the loader would take its own typographic quotes for a mistake."""

    def represent_str(self, data: str) -> yaml.ScalarNode:
        style = '"' if _TYPOGRAPHIC.search(data) else None
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_Dumper.add_representer(str, _Dumper.represent_str)


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftRow:
    """One combination with a level of every axis, its number of clips, and the comment above it."""

    cell: Cell
    takes: int
    note: str
    disclosure: SyntheticPerformer | None = None
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftCampaign:
    """The content of a new file. All but edition, rows and budget comes from the campaign that it `follows`.

    `parameters` are the axes that are settings of a model: they are written even where no prompt uses them.
    """

    follows: Campaign
    edition: str
    rows: tuple[DraftRow, ...]
    budget_usd: Decimal | None
    title: str
    parameters: frozenset[str] = frozenset()


def write_campaign(draft: DraftCampaign, *, folder: Path) -> str:
    """The file's text, for a file in `folder`: first frames are named from there.

    Raises: CampaignError for a first frame that no file in that folder can name.
    """
    _check_frames(draft.rows, folder)
    _check_finishes(draft.follows.finishes or (), folder)
    # Settings, and what some prompt of the batch asks for: the loader refuses an axis that nothing uses.
    prompts = {str(row.cell["prompt"].value) for row in draft.rows}
    fields = (read_template(text).fields for text in prompts)
    used = frozenset(SETTING_AXES) | draft.parameters | frozenset().union(*fields)
    lines = [*_comment(draft.title), "", *_head(draft), "", "include:", *_rows(draft.rows, used, folder)]
    control = {axis: label for axis, label in sorted(draft.follows.control.items()) if axis in used}
    labels = [{axis: level.label for axis, level in row.cell.items()} for row in draft.rows]
    if control and any(control.items() <= own.items() for own in labels):  # else the loader would refuse it
        lines += ["", *_dump({"control": control}).splitlines()]
    if draft.follows.finishes:
        versions = {one.name: _finish(one, folder) for one in draft.follows.finishes}
        lines += ["", *_dump({"finish": {"versions": versions}}).splitlines()]
    return "\n".join(lines) + "\n"


def _head(draft: DraftCampaign) -> Iterator[str]:
    campaign = draft.follows
    yield f"campaign: {_scalar(campaign.name)}"
    yield f"edition: {_scalar(draft.edition)}"
    if campaign.timezone:
        yield f"timezone: {_scalar(campaign.timezone)}"
    budgets = {"usd": draft.budget_usd, "campaign_usd": campaign.campaign_budget_usd}
    if draft.budget_usd is not None:
        amounts = (f"{name}: {amount:.2f}" for name, amount in budgets.items() if amount is not None)
        yield f"budget: {{{', '.join(amounts)}}}"
    if campaign.placements:
        yield f"placements: [{', '.join(campaign.placements)}]"
    shared = [name for name in campaign.ad_name_columns if any(name in row.columns for row in draft.rows)]
    if shared:
        yield _dump({"ad_name_columns": shared}).rstrip("\n")
    yield f"disclosure: {{synthetic_performer: {campaign.synthetic_performer.value}}}"
    yield f"retries: {{failed: {campaign.failed_retries}}}"


def _rows(rows: Sequence[DraftRow], used: frozenset[str], folder: Path) -> Iterator[str]:
    """Every row with its comment; a prompt is written out where it comes first, and named by its id after that."""
    written: set[str] = set()
    for row in rows:
        yield from (f"  {line}" for line in _comment(row.note))
        own = [axis for axis in row.cell if axis not in SETTING_AXES]
        values: dict[str, object] = {}
        for axis in (axis for axis in (*SETTING_AXES, *own) if axis in row.cell and axis in used):
            level = row.cell[axis]
            if isinstance(level.value, FirstFrame):
                values[axis] = _entry(level.label, "file", _frame_text(level.value, folder))
            elif axis == "prompt" and level.label not in written:
                written.add(level.label)
                values[axis] = _entry(level.label, "text", str(level.value))
            else:
                values[axis] = level.label if axis == "prompt" else level.value
        own_keys: dict[str, object] = {"takes": row.takes}
        if row.disclosure:
            own_keys["disclosure"] = row.disclosure.value
        if row.columns:
            own_keys["columns"] = dict(row.columns)
        yield textwrap.indent(_dump([{**values, **own_keys}]).rstrip("\n"), "  ")


def _entry(label: str, key: str, content: str) -> object:
    """With its name, if the loader accepts it as one; any other name was made from the content anyway."""
    is_name = fullmatch(LABEL, label) and len(label) <= _LONGEST_ID
    return {"id": label, key: content} if is_name else content


def _check_frames(rows: Iterable[DraftRow], folder: Path) -> None:
    values = {level.value for row in rows for level in row.cell.values()}
    frames = (value for value in values if isinstance(value, FirstFrame))
    problems = [
        Problem(
            Place(str(frame.path)),
            f"the first frame {quoted(frame.label)} is outside the folder of the new file, {folder}",
            "write the new file beside the campaign, or above its frames",
        )
        for frame in frames
        if frame.path and not frame.path.resolve().is_relative_to(folder.resolve())
    ]
    if problems:
        raise CampaignError(problems)


def _check_finishes(finishes: Iterable[Finish], folder: Path) -> None:
    problems = [
        Problem(
            Place(str(file.path)),
            f"the file {quoted(file.path.name)} of the finish is outside the folder of the new file, {folder}",
            "write the new file beside the campaign, or above that file",
        )
        for finish in finishes
        for file in finish.files
        if not file.path.resolve().is_relative_to(folder.resolve())
    ]
    if problems:
        raise CampaignError(problems)


def _frame_text(frame: FirstFrame, folder: Path) -> str:
    return frame.url or "" if frame.path is None else _named_from(folder, frame.path)


def _named_from(folder: Path, path: Path) -> str:
    relative = path.resolve().relative_to(folder.resolve()).as_posix()
    return f"./{relative}" if ":" in relative else relative  # no URL, whatever it is called


def _finish(finish: Finish, folder: Path) -> dict[str, object]:
    """Everything that the version draws, written out."""
    logo, card, sound, subtitles = finish.logo, finish.end_card, finish.sound, finish.subtitles
    prices = [_caption(one, folder) for one in finish.captions if one.kind == "price"]
    written: dict[str, object] = {
        "logo": logo
        and {
            "picture": _named_from(folder, logo.picture.path),
            "position": logo.position.value,
            **_numbers(size=logo.size, margin=logo.margin, opacity=logo.opacity),
            **_times(logo.span),
        },
        "caption": [_caption(one, folder) for one in finish.captions if one.kind == "caption"],
        "price": prices[0] if prices else None,
        "end_card": card
        and {
            "seconds": _number(card.seconds),
            "over": card.over,
            "picture": card.picture and _named_from(folder, card.picture.path),
            "background": card.background,
            "text": card.text,
            "position": card.position.value,
            **_look(card.lettering, folder),
        },
        "sound": sound
        and {
            "file": _named_from(folder, sound.file.path),
            "how": "mix" if sound.mix else "replace",
            "from": _number(sound.from_s),
            "clip_db": _number(sound.clip_db),
        },
        "subtitles": subtitles
        and {
            "file": _named_from(folder, subtitles.file.path),
            "position": subtitles.position.value,
            "margin": _number(subtitles.margin),
            **_look(subtitles.lettering, folder),
        },
    }
    return {
        key: {name: one for name, one in value.items() if one not in (None, "")}
        if isinstance(value, dict)
        else value
        for key, value in written.items()
        if value
    }


def _caption(caption: DrawnText, folder: Path) -> dict[str, object]:
    return {
        "text": caption.text,
        "position": caption.position.value,
        "margin": _number(caption.margin),
        **_times(caption.span),
        **_look(caption.lettering, folder),
    }


def _look(lettering: Lettering, folder: Path) -> dict[str, object]:
    font = {"font": _named_from(folder, lettering.font.path)} if lettering.font else {}
    return {
        **font,
        "size": _number(lettering.size),
        "colour": lettering.colour,
        "box": lettering.box or NO_BOX,
    }


def _times(span: Span) -> Mapping[str, object]:
    return {"from": _number(span.from_s)} | ({} if span.to_s is None else {"to": _number(span.to_s)})


def _numbers(**numbers: float) -> dict[str, object]:
    return {name: _number(number) for name, number in numbers.items()}


def _number(number: float) -> int | float:
    return int(number) if number == int(number) else number


def _comment(text: str) -> Iterator[str]:
    for line in text.splitlines():
        words = printable(" ".join(line.split()))
        yield from (f"# {part}" for part in textwrap.wrap(words, _WIDTH)) if words else ("#",)


def _dump(value: object) -> str:
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH)


def _scalar(text: str) -> str:
    return _dump(text).removesuffix("\n").removesuffix("\n...")
