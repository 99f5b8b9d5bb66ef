"""The campaign folder: the files that you can choose from and that the nightly run looks through."""

from collections.abc import Iterable
from pathlib import Path

from hailuo.campaign.files import glance_at, path_inside
from hailuo.errors import CampaignError, Place, Problem, SettingsError
from hailuo.settings import Settings
from hailuo.text import quoted, suggestion

_SUFFIXES = frozenset({".yaml", ".yml", ".csv"})


def campaign_names(folder: Path) -> tuple[str, ...]:
    """The names of the campaign files that lie in the folder itself, sorted.

    Left out are hidden files, links that lead out of the folder, YAML that says nothing a campaign says, and CSV that a YAML takes its rows from.
    A YAML file that cannot be read is on offer: who picks it is told what is wrong.
    Raises: SettingsError when there is no such folder.
    """
    files = sorted(filter(_has_campaign_name, _listed(folder)))
    glances = {path: glance_at(path) for path in files if path.suffix.lower() != ".csv"}
    rows = _followed(glance.rows for glance in glances.values() if glance.rows)
    campaigns = [path for path, glance in glances.items() if glance.is_campaign]
    campaigns += [path for path in files if path not in glances and path.resolve() not in rows]
    return tuple(sorted(path.name for path in campaigns))


def find_campaign(name: str, settings: Settings) -> Path:
    """The campaign file of this name in the campaign folder.

    Raises: CampaignError when it leads out of the folder or there is none, with the nearest name; SettingsError.
    """
    folder = settings.campaigns
    try:
        path = path_inside(name, folder)
    except ValueError as error:
        raise _refusal(name, str(error), folder) from None
    if not path.is_file():
        raise _refusal(name, "there is no such campaign file", folder)
    return path


def _refusal(name: str, reason: str, folder: Path) -> CampaignError:
    remedy = suggestion(name, campaign_names(folder))
    return CampaignError([Problem(Place(str(folder)), f"{quoted(name)}: {reason}", remedy)])


def _listed(folder: Path) -> Iterable[Path]:
    try:
        home = folder.resolve(strict=True)
        return [p for p in folder.iterdir() if p.is_file() and p.resolve().is_relative_to(home)]
    except OSError as error:
        reason = f"names a folder that cannot be read: {folder} ({error.strerror})"
        raise SettingsError([Problem(Place("HAILUO_CAMPAIGNS"), reason, "name a folder")]) from error


def _has_campaign_name(path: Path) -> bool:
    return path.suffix.lower() in _SUFFIXES and not path.name.startswith((".", "~"))


def _followed(paths: Iterable[Path]) -> frozenset[Path]:
    return frozenset(path.resolve() for path in paths)
