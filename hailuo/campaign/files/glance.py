"""A YAML file looked at for what it is, before anybody asks what it says."""

from dataclasses import dataclass
from pathlib import Path

from hailuo.campaign.files.document import Node
from hailuo.campaign.files.findings import Findings
from hailuo.campaign.files.folder import path_inside
from hailuo.campaign.files.yaml_sheet import read_tree

_TELLING_KEYS = frozenset({"campaign", "matrix", "rows", "include"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """Whether the file says anything that a campaign says, and the CSV file that it takes its rows from, if any."""

    is_campaign: bool
    rows: Path | None


def glance_at(path: Path) -> Glance:
    """What a YAML file is. One that cannot be read may be a campaign: whoever loads it is told what is wrong."""
    root = read_tree(path, Findings())
    if root is None:
        return Glance(is_campaign=True, rows=None)
    return Glance(is_campaign=not _TELLING_KEYS.isdisjoint(root.entries or ()), rows=_rows(root, path.parent))


def _rows(root: Node, folder: Path) -> Path | None:
    rows = root.child("rows")
    try:
        return path_inside(rows.text, folder) if rows and rows.text else None
    except ValueError:
        return None
