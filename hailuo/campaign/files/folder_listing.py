"""The campaign folder: the files that you can choose from and that the nightly run looks through."""

from pathlib import Path

from hailuo.campaign.files.document import Scalar
from hailuo.campaign.files.sheet_rows import SHEET_SUFFIXES
from hailuo.campaign.files.text import ProblemList, path_inside
from hailuo.campaign.files.yaml_campaign import read_tree
from hailuo.errors import CampaignError, Place, Problem, SettingsError
from hailuo.settings import Settings
from hailuo.text import quoted, suggestion

_SUFFIXES = SHEET_SUFFIXES | {".yaml", ".yml"}
_CAMPAIGN_KEYS = frozenset({"campaign", "matrix", "rows", "include"})


def campaign_names(folder: Path) -> tuple[str, ...]:
    """The names of the campaign files in the folder itself, sorted.

    Left out are hidden files, links that lead out of the folder, YAML without any key of a campaign, and sheets
    that a YAML file takes its rows from. A YAML file that cannot be read is listed: loading it says what is wrong.
    Raises: SettingsError when there is no such folder.
    """
    try:
        home = folder.resolve(strict=True)
        inside = [p for p in folder.iterdir() if p.is_file() and p.resolve().is_relative_to(home)]
    except OSError as error:
        reason = f"names a folder that cannot be read: {folder} ({error.strerror})"
        raise SettingsError([Problem(Place("HAILUO_CAMPAIGNS"), reason, "name a folder")]) from error
    files = [p for p in inside if p.suffix.lower() in _SUFFIXES and not p.name.startswith((".", "~"))]
    names = [path.name for path in files if path.suffix.lower() not in SHEET_SUFFIXES]
    rows: set[Path] = set()
    for name in tuple(names):
        tree = read_tree(folder / name, ProblemList())
        if tree is None:
            continue
        if _CAMPAIGN_KEYS.isdisjoint(tree):
            names.remove(name)
        if isinstance(written := tree.get("rows"), Scalar) and written.text:
            try:
                rows.add(path_inside(written.text, folder).resolve())
            except ValueError:
                continue
    names += [
        path.name for path in files if path.suffix.lower() in SHEET_SUFFIXES and path.resolve() not in rows
    ]
    return tuple(sorted(names))


def find_campaign(name: str, settings: Settings) -> Path:
    """The campaign file of this name in the campaign folder.

    Raises: CampaignError when it leads out of the folder or there is none, with the nearest name; SettingsError.
    """
    folder = settings.campaigns
    reason = "there is no such campaign file"
    try:
        path = path_inside(name, folder)
        if path.is_file():
            return path
    except ValueError as error:
        reason = str(error)
    remedy = suggestion(name, campaign_names(folder))
    raise CampaignError([Problem(Place(str(folder)), f"{quoted(name)}: {reason}", remedy)])
