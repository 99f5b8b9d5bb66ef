"""Load and expand a campaign file with the user's overrides. Only files are read."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

from hailuo.campaign.catalog import Catalog
from hailuo.campaign.expand import Expansion, expand
from hailuo.campaign.files import load_campaign, load_catalog
from hailuo.campaign.model import Campaign
from hailuo.clock import SystemClock
from hailuo.errors import CampaignError, Problem
from hailuo.lazy import without_collector
from hailuo.settings import Settings, load_settings
from hailuo.store.layout import Edition, name_problem
from hailuo.text import slug_of

_NAMED: Final = re.compile(r"""^campaign:\s*["']?(?P<name>[a-z0-9-]+)""", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignRequest:
    """A campaign file and the overrides for this run.

    `at` is the scheduled start of the run; it gives the `{date}` of an edition, in its own zone unless the file names one. `text`, if given, is the campaign:
    then `path` only says where its frames and rows are, and under which name its problems are reported.
    `limit` is the most clips that this run buys, the first of the plan; None buys all of them.
    """

    path: Path
    at: datetime = field(default_factory=lambda: SystemClock().now().astimezone())
    text: str | None = None
    edition: str | None = None
    budget_usd: Decimal | None = None
    only: Mapping[str, frozenset[str]] = field(default_factory=dict)
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedCampaign:
    """A campaign, read and expanded as far as possible, with its problems and warnings.

    `chosen` are the creative ids that this run buys; None for all of the file.
    """

    request: CampaignRequest
    campaign: Campaign | None
    catalog: Catalog
    expansion: Expansion
    chosen: frozenset[str] | None
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]

    def require_campaign(self) -> Campaign:
        """The campaign, if it has no problems. Raises: CampaignError with every problem."""
        if self.problems or self.campaign is None:
            raise CampaignError(self.problems)
        return self.campaign


def axis_values(texts: Iterable[str]) -> dict[str, frozenset[str]]:
    """`AXIS=VALUE` texts as values by axis. Raises: ValueError for a text of another shape."""
    chosen: defaultdict[str, set[str]] = defaultdict(set)
    for text in texts:
        axis, equals, label = text.partition("=")
        if not (axis and equals and label):
            raise ValueError(f"{text!r} is not AXIS=VALUE, such as model=MiniMax-Hailuo-02")
        chosen[axis].add(label)
    return {axis: frozenset(labels) for axis, labels in chosen.items()}


def named_campaign(request: CampaignRequest) -> str | None:
    """The campaign's name, also of a file that cannot be read as a campaign; None where it says none."""
    if request.path.suffix.lower() == ".csv":
        return slug_of(request.path.stem) or None
    try:
        text = request.path.read_text(errors="replace") if request.text is None else request.text
    except OSError:
        return None
    named = _NAMED.search(text)
    return named["name"] if named else None


def edition_chosen(prepared: PreparedCampaign, *, edition: str | None) -> Edition:
    """The edition of a file that may have other problems; `edition` is the one that was asked for.

    Raises: CampaignError without a campaign, and when the campaign or the edition asked for has no valid name.
    """
    campaign = prepared.campaign
    misnamed = edition not in {None, "main"} and campaign is not None and campaign.edition == "main"
    if campaign is None or misnamed or name_problem("campaign", campaign.name, campaign.place):
        raise CampaignError(prepared.problems)
    return campaign.this_edition


@without_collector()
def prepare(request: CampaignRequest, settings: Settings | None = None) -> PreparedCampaign:
    """Read and expand a campaign file. Reads files only; what is wrong with the campaign is in `problems`.

    `settings` are those of the environment unless given. Raises: CatalogError, SettingsError.
    """
    settings = settings or load_settings()
    catalog = load_catalog(settings.catalog)
    loaded = load_campaign(
        request.path,
        catalog=catalog,
        at=request.at,
        edition=request.edition,
        max_jobs=settings.max_jobs,
        text=request.text,
    )
    expansion = expand(loaded.campaign, catalog) if loaded.campaign else Expansion(jobs=())
    places: Iterable[Problem] = ()
    if loaded.campaign and loaded.campaign.placements:
        from hailuo.media.expectation import placement_warnings  # noqa: PLC0415 (only for a file with placements)

        places = placement_warnings(loaded.campaign, expansion.jobs, catalog)
    unfinished: Iterable[Problem] = ()
    if loaded.campaign and loaded.campaign.finishes:
        from hailuo.media.finishing import finish_findings  # noqa: PLC0415 (only for a file with finishes)

        found = finish_findings(loaded.campaign, expansion.jobs, catalog)
        unfinished, places = found.problems, (*places, *found.warnings)
    chosen = expansion
    if loaded.campaign and request.only:
        chosen = expand(loaded.campaign, catalog, only=request.only)
    return PreparedCampaign(
        request=request,
        campaign=loaded.campaign,
        catalog=catalog,
        expansion=expansion,
        chosen=frozenset(job.creative_id for job in chosen.jobs) if request.only else None,
        problems=tuple(dict.fromkeys([*loaded.problems, *expansion.problems, *chosen.problems, *unfinished])),
        warnings=(*loaded.warnings, *expansion.warnings, *places),
    )
