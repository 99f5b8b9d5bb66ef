"""A YAML campaign file as a Sheet."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import BaseModel

from hailuo.campaign.files.csv_sheet import read_rows
from hailuo.campaign.files.document import Node, read_document
from hailuo.campaign.files.findings import Findings
from hailuo.campaign.files.folder import path_inside
from hailuo.campaign.files.pydantic_errors import Complaint, Rules, Steps, complaints_about, pruned, report
from hailuo.campaign.files.schema import (
    Budget,
    CampaignFile,
    Disclosure,
    FrameEntry,
    IncludeRow,
    NightlyPart,
    PromptEntry,
    Retries,
)
from hailuo.campaign.files.sheet import RawGrid, RawMatch, RawValue, Sheet
from hailuo.campaign.files.text import read_text
from hailuo.campaign.model import SETTING_AXES, Nightly
from hailuo.errors import Place
from hailuo.text import slug_of

_MOST_BYTES = 1_000_000
_MOST_ROUNDS = 6
_GRAIN = {"matrix": 3, "include": 2, "exclude": 2, "defaults": 2, "placements": 2}
_SLUG_REMEDY = "use a-z, 0-9 and hyphens, at most 60 of them"
_DATE_REMEDY = "write a date, such as 2026-11-01"
_PARTS: Mapping[str, type[BaseModel]] = {
    "budget": Budget,
    "retries": Retries,
    "nightly": NightlyPart,
    "disclosure": Disclosure,
    "prompt": PromptEntry,
    "first_frame": FrameEntry,
}
_REMEDIES = {
    "campaign": f"name the campaign: {_SLUG_REMEDY}",
    "edition": f"{_SLUG_REMEDY}; {{date}} may stand in it once",
    "id": _SLUG_REMEDY,
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
    "rows": "name one CSV file beside this one",
    "timezone": "write a name such as Europe/Berlin",
    "prompt": "write a text, or {id: ..., text: ...}",
    "nightly": "write true, or {from: 2026-11-01, until: 2026-12-24}",
    "nightly.from": _DATE_REMEDY,
    "nightly.until": _DATE_REMEDY,
    "nightly.paused": "write true or false",
    "first_frame": "write a file, an https URL, {id: ..., file: ...} or null",
}


def _keys(steps: Steps) -> Collection[str]:
    names = [step for step in steps if isinstance(step, str)]
    part: type[BaseModel] | None = _PARTS.get(names[-1]) if names else CampaignFile
    return [field.alias or name for name, field in part.model_fields.items()] if part else []


def read_tree(path: Path, findings: Findings, *, pasted: str | None = None) -> Node | None:
    """The file as a tree; None when it cannot be read. `pasted` is read in place of the file's text."""
    text = read_text(path, findings, most_bytes=_MOST_BYTES, pasted=pasted)
    return read_document(text, Place(str(path)), findings) if text is not None else None


def read_yaml(path: Path, findings: Findings, *, most_rows: int, pasted: str | None = None) -> Sheet | None:
    """The sheet, as far as the file can be understood; what cannot is left out and told to `findings`."""
    root = read_tree(path, findings, pasted=pasted)
    if root is None:
        return None
    complaints = complaints_about(CampaignFile, root)
    report(complaints, root, Rules(keys=_keys, remedies=_REMEDIES), str(path), findings)
    kept = _healthy(root, complaints, fallback=slug_of(path.stem) or "campaign")
    if kept is None:
        return None
    reader = _Reader(path, findings, most_rows)
    return reader.sheet(kept, CampaignFile.model_validate(kept.plain()), _tainted(root, complaints))


def _healthy(root: Node, complaints: Sequence[Complaint], *, fallback: str) -> Node | None:
    """The tree without what pydantic refuses; None when nothing helps."""
    node = root
    for _ in range(_MOST_ROUNDS):
        node = pruned(node, {c.steps[: _grain(c.steps)] for c in complaints if c.steps})
        entries = dict(node.entries or {})
        entries.setdefault("campaign", Node(line=root.line, value=fallback, text=fallback))
        node = replace(node, entries=entries)
        complaints = complaints_about(CampaignFile, node)
        if not complaints:
            return node
    return None


def _grain(steps: Steps) -> int:
    return _GRAIN.get(str(steps[0]), 1)


def _tainted(root: Node, complaints: Sequence[Complaint]) -> frozenset[str]:
    """The axes of which something was refused: whatever else is odd about them probably follows from that."""
    return frozenset(name for complaint in complaints for name in _axes_in(root, complaint.steps))


def _axes_in(root: Node, steps: Steps) -> Iterable[str]:
    match steps:
        case ("matrix" | "defaults", str(axis), *_):
            return (axis,)
        case ("matrix" | "defaults",):
            return SETTING_AXES
        case ("include", int(index), *_):
            rows = root.child("include")
            row = rows.child(index) if rows else None
            return (row.entries or ()) if row else ()
        case _:
            return ()


class _Reader:
    """Turns the healthy tree into a Sheet."""

    def __init__(self, path: Path, findings: Findings, most_rows: int) -> None:
        self._path = path
        self._findings = findings
        self._most_rows = most_rows

    def sheet(self, root: Node, file: CampaignFile, tainted: frozenset[str]) -> Sheet:
        return Sheet(
            name=file.campaign,
            place=self._place(root, "campaign"),
            grids=(*self._grids(root), *self._includes(root, file.include)),
            edition=file.edition,
            edition_place=self._place(root, "edition"),
            timezone=file.timezone,
            timezone_place=self._place(root, "timezone"),
            defaults=self._defaults(root),
            takes=file.takes,
            exclude=tuple(self._match(node) for node in _items(root.child("exclude"))),
            control=self._control(root),
            illegal=file.illegal,
            budget_usd=file.budget.usd if file.budget else None,
            campaign_budget_usd=file.budget.campaign_usd if file.budget else None,
            placements=tuple(dict.fromkeys(file.placements)),
            synthetic_performer=file.disclosure.synthetic_performer,
            failed_retries=file.retries.failed,
            nightly=self._nightly(root, file.nightly),
            tainted=tainted,
        )

    def _nightly(self, root: Node, mark: NightlyPart | bool) -> Nightly | None:
        """The mark; one that cannot be read counts as a plain one: the file is refused, and the night says so."""
        if not isinstance(mark, NightlyPart):
            return Nightly() if mark or "nightly" in self._refused_keys(root) else None
        if mark.first and mark.until and mark.until < mark.first:
            place = self._place(root.entries["nightly"] if root.entries else root, "until")
            reason = f"nightly.until is {mark.until}, before nightly.from, {mark.first}"
            self._findings.problem(place, reason, "swap the two, or leave one out")
            return Nightly(is_paused=mark.paused)
        return Nightly(first_night=mark.first, last_night=mark.until, is_paused=mark.paused)

    def _place(self, node: Node, key: str) -> Place:
        return self._at(node.key_lines.get(key, node.line))

    def _at(self, line: int) -> Place:
        return Place(str(self._path), line)

    def _grids(self, root: Node) -> Sequence[RawGrid]:
        matrix, rows = root.child("matrix"), root.child("rows")
        if matrix and matrix.entries is not None:
            if rows and rows.text:
                place = self._place(root, "rows")
                self._findings.problem(place, "`rows` stands beside `matrix`", "keep one of the two")
            return (self._matrix(root, matrix),)
        if rows and rows.text:
            return self._rows(rows)
        if not _items(root.child("include")) and not {"matrix", "rows", "include"} & self._refused_keys(root):
            place = self._at(root.line)
            self._findings.problem(place, "the file names nothing to render", "add `matrix:` or `rows:`")
        return ()

    def _refused_keys(self, root: Node) -> set[str]:
        """Keys that the file has but whose values were refused."""
        return {key for key in root.key_lines if root.child(key) is None}

    def _matrix(self, root: Node, matrix: Node) -> RawGrid:
        axes = {name: tuple(map(self._raw, _items(node))) for name, node in (matrix.entries or {}).items()}
        places = {name: self._place(matrix, name) for name in axes}
        return RawGrid(axes=axes, places=places, place=self._place(root, "matrix"))

    def _rows(self, node: Node) -> Sequence[RawGrid]:
        try:
            path = path_inside(node.text, self._path.parent)
        except ValueError as error:
            self._findings.problem(self._at(node.line), f"rows: {error}", "put the CSV beside this file")
            return ()
        return read_rows(path, self._findings, most_rows=self._most_rows) or ()

    def _includes(self, root: Node, rows: Sequence[IncludeRow]) -> Sequence[RawGrid]:
        nodes = _items(root.child("include"))
        return [self._include(node, row.takes) for node, row in zip(nodes, rows, strict=True)]

    def _include(self, row: Node, takes: int | None) -> RawGrid:
        entries = {name: node for name, node in (row.entries or {}).items() if name != "takes"}
        axes = {name: (self._raw(node),) for name, node in entries.items()}
        places = {name: self._place(row, name) for name in axes}
        return RawGrid(axes=axes, places=places, place=self._at(row.line), is_include=True, takes=takes)

    def _defaults(self, root: Node) -> Mapping[str, RawValue]:
        defaults = root.child("defaults")
        entries = defaults.entries if defaults else None
        return {name: self._raw(node) for name, node in (entries or {}).items()}

    def _control(self, root: Node) -> RawMatch | None:
        control = root.child("control")
        return self._match(control) if control and control.entries else None

    def _match(self, node: Node) -> RawMatch:
        entries = node.entries or {}
        values = {name: tuple(map(self._raw, _items(child) or (child,))) for name, child in entries.items()}
        return RawMatch(values=values, place=self._at(node.line))

    def _raw(self, node: Node) -> RawValue:
        if node.entries is None:
            return RawValue(None if node.value is None else node.text, self._at(node.line))
        content, name = node.child("text") or node.child("file"), node.child("id")
        return RawValue(content.text if content else "", self._at(node.line), name.text if name else None)


def _items(node: Node | None) -> Sequence[Node]:
    return (node.items or ()) if node else ()
