"""A YAML campaign file as a CampaignFile, without the values that were refused."""

import re
from collections.abc import Iterable
from pathlib import Path

from hailuo.campaign.files.axis_words import meant_axis
from hailuo.campaign.files.document import Entries, Items, Scalar, child, read_document
from hailuo.campaign.files.finish_schema import REMEDIES as FINISH_REMEDIES
from hailuo.campaign.files.pydantic_errors import Complaint, Steps, checked, pruned, report
from hailuo.campaign.files.schema import LABEL_REMEDY, CampaignFile
from hailuo.campaign.files.text import ProblemList, read_text
from hailuo.campaign.files.yaml_traps import as_text, shown
from hailuo.campaign.model import SETTING_AXES
from hailuo.errors import Place
from hailuo.text import nearest, quoted, slug_of

_MOST_BYTES = 1_000_000
_MOST_ROUNDS = 6
_REMOVED_AT = {
    "matrix": 3,
    "models": 4,
    "include": 2,
    "exclude": 2,
    "defaults": 2,
    "placements": 2,
    "frames": 2,
    "applies": 2,
    "finish": 3,
    "fallback": 2,
}
"""How deep in a section a refused value is removed: 3 is one value of an axis, 2 one row. Elsewhere the whole key."""

_VALUE_AT = {"matrix": 2, "models": 2, "include": 2, "defaults": 1}
"""After how many steps a section has the values of its axes."""

_STRUCTURE = re.compile(r":\s|[\[{]")
_SLUG_REMEDY = "use a-z, 0-9 and hyphens, at most 60 of them"
_DATE_REMEDY = "write a date, such as 2026-11-01"
_REMEDIES = {
    "campaign": f"name the campaign: {_SLUG_REMEDY}",
    "edition": f"{_SLUG_REMEDY}; {{date}} may appear once",
    "id": LABEL_REMEDY,
    "takes": "write a whole number from 1 to 100",
    "duration": "write whole seconds, such as 6",
    "budget": "write {usd: 40.00}",
    "usd": "write an amount above 0, such as 40.00",
    "budget.campaign_usd": "write an amount above 0 and up to 1,000,000, such as 400.00",
    "budget.usd": "write an amount above 0 and up to 1,000,000, such as 40.00",
    "retries": "write {failed: 1}",
    "failed": "write a whole number from 0 to 5",
    "text": "write the prompt",
    "disclosure": "write {synthetic_performer: yes}, or no, or unknown",
    "synthetic_performer": "write yes, no or unknown",
    "rows": "name one sheet beside this file, such as spring.csv",
    "columns": "write {sku: A-1}, with one value for each name",
    "include.disclosure": "write yes, no or unknown",
    "timezone": "write a name such as Europe/Berlin",
    "prompt": "write a text, or {id: ..., text: ...}",
    "nightly": "write true, or {from: 2026-11-01, until: 2026-12-24}",
    "nightly.from": _DATE_REMEDY,
    "nightly.until": _DATE_REMEDY,
    "nightly.paused": "write true or false",
    "models": "write {MODEL: {duration: 6, size: 768p}}",
    "frames": 'write {"9:16": tall.jpg}',
    "applies": "write {audio: where offered}",
    **FINISH_REMEDIES,
    "fallback": "write [MODEL], or {MODEL: {size: 720p}}",
    "first_frame": "write a file, an https URL, {id: ..., file: ...} or null",
}


def read_tree(path: Path, problems: ProblemList, *, pasted: str | None = None) -> Entries | None:
    """A YAML file as a tree; None when it cannot be read. `pasted` is read in place of the file's text."""
    text = read_text(path, problems, most_bytes=_MOST_BYTES, pasted=pasted)
    return read_document(text, Place(str(path)), problems) if text is not None else None


def read_yaml(
    path: Path, problems: ProblemList, *, pasted: str | None = None
) -> tuple[CampaignFile, frozenset[str]] | None:
    """The file as far as it can be understood, and the axes of which something was refused.

    What was refused is left out and reported in `problems`. None when nothing can be understood.
    """
    root = read_tree(path, problems, pasted=pasted)
    if root is None:
        return None
    file, complaints = checked(CampaignFile, root, root)
    hinted = {c.place: hint for c in complaints if (hint := _structure_hint(root, c) or _axis_hint(c))}
    for place, (reason, remedy) in hinted.items():
        problems.add(place, reason, remedy)
    others = [c for c in complaints if c.place not in hinted]
    report(others, CampaignFile, _REMEDIES, problems)
    faulty_axes = frozenset(name for complaint in complaints for name in _axes_in(root, complaint.steps))
    for _ in range(_MOST_ROUNDS):
        if file is not None:
            return file, faulty_axes
        root = pruned(root, {c.steps[: _REMOVED_AT.get(str(c.steps[0]), 1)] for c in complaints if c.steps})
        name = slug_of(path.stem) or "campaign"
        root.setdefault("campaign", Scalar(name, name, root.place))
        file, complaints = checked(CampaignFile, root, root)
    return None if file is None else (file, faulty_axes)


def _axis_hint(complaint: Complaint) -> tuple[str, str] | None:
    """Reason and remedy where an axis is a key of the file itself; None for any other complaint."""
    if complaint.error["type"] != "extra_forbidden" or len(complaint.steps) != 1:
        return None
    key = str(complaint.steps[0])
    is_slip = key not in SETTING_AXES and nearest(key, CampaignFile.model_fields)
    if is_slip or not (axis := meant_axis(key)):
        return None
    remedy = f"write `{axis}:` under `matrix:`, or one value of it under `defaults:`"
    return f"unknown key {quoted(key)}", remedy


def _structure_hint(root: Entries, complaint: Complaint) -> tuple[str, str] | None:
    """Reason and remedy where YAML made a mapping or a list of a text; None for any other complaint."""
    tree, kind = complaint.tree, complaint.error["type"]
    is_word = kind in ("word", "missing", "extra_forbidden") and _is_value(complaint.steps)
    line = root.lines[complaint.place.line - 1] if complaint.place.line <= len(root.lines) else ""
    is_structure = isinstance(tree, Entries | Items) or kind == "extra_forbidden"
    fixed = as_text(line) if is_word and is_structure and _STRUCTURE.search(line) else None
    if fixed is None or fixed == line:
        return None
    what = "a list" if isinstance(tree, Items) else "a mapping"
    return f"YAML takes this for {what}, not for a text: {shown(line)}", f"write {shown(fixed)}"


def _is_value(steps: Steps) -> bool:
    """Whether the steps lead into a value of an axis."""
    return len(steps) > _VALUE_AT.get(str(steps[0]) if steps else "", len(steps))


def _axes_in(root: Entries, steps: Steps) -> Iterable[str]:
    match steps:
        case ("matrix" | "defaults", str(axis), *_) | ("models", _, str(axis), *_):
            return (axis,)
        case ("matrix" | "defaults",) | ("models", *_):
            return SETTING_AXES
        case ("include", int(index), *_):
            rows = child(root, "include")
            row = child(rows, index) if rows else None
            return row if isinstance(row, Entries) else ()
        case _:
            return ()
