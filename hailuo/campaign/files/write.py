"""A campaign file written from values: complete rows and nothing else, with a reason above each.

The counterpart of `load_campaign`: what is written here is read back as the very same cells.
"""

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from re import fullmatch

import yaml

from hailuo.campaign.files.schema import SLUG
from hailuo.campaign.model import SETTING_AXES, Campaign, Level
from hailuo.campaign.prompt import read_template
from hailuo.campaign.variant import FirstFrame
from hailuo.errors import CampaignError, Place, Problem
from hailuo.text import printable, quoted

_WIDTH = 100
_LONGEST_ID = 60

Cell = Mapping[str, Level]


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftRow:
    """One combination with a level of every axis, how often it is taken, and why: a comment above it."""

    cell: Cell
    takes: int
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftCampaign:
    """What a new file is to say. All but edition, rows and budget is taken over from `follows`.

    `parameters` are the axes that are settings of a model: they stay where no prompt speaks of them.
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
    used = _used_axes(draft)
    parts = [
        *_comment(draft.title),
        "",
        *_head(draft),
        "",
        "include:",
        *_rows(draft.rows, used, folder),
        *_control(draft, used),
    ]
    return "\n".join(parts) + "\n"


def _head(draft: DraftCampaign) -> Iterator[str]:
    campaign = draft.follows
    yield f"campaign: {_scalar(campaign.name)}"
    yield f"edition: {_scalar(draft.edition)}"
    if campaign.timezone != "UTC":
        yield f"timezone: {_scalar(campaign.timezone)}"
    budgets = {"usd": draft.budget_usd, "campaign_usd": campaign.campaign_budget_usd}
    if draft.budget_usd is not None:
        amounts = (f"{name}: {amount:.2f}" for name, amount in budgets.items() if amount is not None)
        yield f"budget: {{{', '.join(amounts)}}}"
    if campaign.placements:
        yield f"placements: [{', '.join(campaign.placements)}]"
    yield f"disclosure: {{synthetic_performer: {campaign.synthetic_performer.value}}}"
    yield f"retries: {{failed: {campaign.failed_retries}}}"


def _rows(rows: Sequence[DraftRow], used: frozenset[str], folder: Path) -> Iterator[str]:
    told: set[str] = set()
    for row in rows:
        yield from (f"  {line}" for line in _comment(row.note))
        values = {axis: _value(row.cell[axis], folder, told) for axis in _ordered(row.cell, used)}
        text = yaml.safe_dump(
            [{**values, "takes": row.takes}], sort_keys=False, allow_unicode=True, width=_WIDTH
        )
        yield textwrap.indent(text.rstrip("\n"), "  ")


def _control(draft: DraftCampaign, used: frozenset[str]) -> Iterator[str]:
    """The baseline, where the batch has it: a control that matches nothing would be a problem."""
    control = {axis: label for axis, label in draft.follows.control.items() if axis in used}
    matched = any(_has(row.cell, control) for row in draft.rows)
    if control and matched:
        yield ""
        yield from yaml.safe_dump({"control": control}, allow_unicode=True, width=_WIDTH).splitlines()


def _has(cell: Cell, labels: Mapping[str, str]) -> bool:
    return all(axis in cell and cell[axis].label == label for axis, label in labels.items())


def _used_axes(draft: DraftCampaign) -> frozenset[str]:
    """Settings, and what some prompt of the batch asks for: the loader refuses an axis that nothing uses."""
    prompts = {str(row.cell["prompt"].value) for row in draft.rows}
    fields = (read_template(text).fields for text in prompts)
    return frozenset(SETTING_AXES) | draft.parameters | frozenset().union(*fields)


def _ordered(cell: Cell, used: frozenset[str]) -> Sequence[str]:
    own = [axis for axis in cell if axis not in SETTING_AXES]
    return [axis for axis in (*SETTING_AXES, *own) if axis in cell and axis in used]


def _value(level: Level, folder: Path, told: set[str]) -> object:
    match level.value:
        case FirstFrame() as frame:
            return _entry(level.label, "file", _frame_text(frame, folder))
        case str() as text if level.axis == "prompt":
            return _prompt(level.label, text, told)
        case value:
            return value


def _prompt(label: str, text: str, told: set[str]) -> object:
    """The text where the prompt comes first, its id from then on."""
    if label in told:
        return label
    told.add(label)
    return _entry(label, "text", text)


def _entry(label: str, key: str, content: str) -> object:
    """With its name, where the loader takes it for one; any other name was made from the content anyway."""
    is_name = fullmatch(SLUG, label) and len(label) <= _LONGEST_ID
    return {"id": label, key: content} if is_name else content


def _check_frames(rows: Iterable[DraftRow], folder: Path) -> None:
    frames = {
        level.value for row in rows for level in row.cell.values() if isinstance(level.value, FirstFrame)
    }
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


def _frame_text(frame: FirstFrame, folder: Path) -> str:
    if frame.path is None:
        return frame.url or ""
    relative = frame.path.resolve().relative_to(folder.resolve()).as_posix()
    return f"./{relative}" if ":" in relative else relative  # no URL, whatever it is called


def _comment(text: str) -> Iterator[str]:
    for line in text.splitlines():
        words = printable(" ".join(line.split()))
        yield from (f"# {part}" for part in textwrap.wrap(words, _WIDTH)) if words else ("#",)


def _scalar(text: str) -> str:
    return yaml.safe_dump(text, allow_unicode=True, width=_WIDTH).removesuffix("\n").removesuffix("\n...")
