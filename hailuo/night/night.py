"""A night: which campaigns are rendered, which are skipped or invalid, and how it went."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from hailuo.campaign.catalog import Catalog
from hailuo.campaign.expand import expand
from hailuo.campaign.files import load_campaign, load_catalog
from hailuo.campaign.files.folder_listing import campaign_names
from hailuo.campaign.model import Campaign
from hailuo.campaign.pricing import usd
from hailuo.errors import CampaignError, ExitCode, Place, Problem, SettingsError
from hailuo.ledger.leftovers import Leftover
from hailuo.night.outcome import CampaignOutcome, total_of
from hailuo.publish.share import GalleryLink
from hailuo.settings import Settings
from hailuo.store.layout import Edition
from hailuo.text import quoted, suggestion

_SUFFIXES = frozenset({".yaml", ".yml"})
_WORDS = {
    ExitCode.COMPLETE: "complete",
    ExitCode.INCOMPLETE: "incomplete",
    ExitCode.REFUSED: "refused",
    ExitCode.STOPPED: "stopped",
    ExitCode.INTERRUPTED: "stopped",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DueCampaign:
    """A campaign to render tonight: its file's name in the campaigns folder, the file's path, and its content."""

    name: str
    path: Path
    campaign: Campaign


@dataclass(frozen=True, slots=True, kw_only=True)
class SkippedCampaign:
    """A file with the mark `nightly:` that is not rendered tonight."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidCampaign:
    """A file that has the mark `nightly:`, or may have it, and cannot be rendered; with every problem."""

    name: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """The campaigns of the night that begins at `at` (aware), each kind in the order of the file names."""

    at: datetime
    due: tuple[DueCampaign, ...]
    skipped: tuple[SkippedCampaign, ...]
    invalid: tuple[InvalidCampaign, ...]

    def only(self, names: Sequence[str]) -> "Night":
        """The night of these files only; of all files if `names` is empty.

        Raises: CampaignError for every name that is not a file with the mark.
        """
        marked: tuple[DueCampaign | SkippedCampaign | InvalidCampaign, ...]
        marked = (*self.due, *self.skipped, *self.invalid)
        known = {one.name for one in marked}
        problems = [
            Problem(
                Place("only_campaigns"),
                f"{quoted(name)} is not marked for the night",
                suggestion(name, sorted(known)),
            )
            for name in names
            if name not in known
        ]
        if problems:
            raise CampaignError(problems)
        chosen = frozenset(names) or known
        return Night(
            at=self.at,
            due=tuple(one for one in self.due if one.name in chosen),
            skipped=tuple(one for one in self.skipped if one.name in chosen),
            invalid=tuple(one for one in self.invalid if one.name in chosen),
        )


def night_of(settings: Settings, at: datetime) -> Night:
    """Read the campaigns folder for the night that was scheduled for `at`; only files are read.

    Files without the mark are ignored, even if they are invalid. If two files name the same edition of the same
    campaign, the second is invalid: they would overwrite each other's comparison.
    Raises: SettingsError if there is no such folder or no file in it, CatalogError.
    """
    catalog = load_catalog(settings.catalog)
    due: dict[Edition, DueCampaign] = {}
    skipped: list[SkippedCampaign] = []
    invalid: list[InvalidCampaign] = []
    for name in _files(settings.campaigns):
        found = _read(settings.campaigns / name, settings, catalog, at)
        match found:
            case None:
                continue
            case SkippedCampaign():
                skipped.append(found)
            case InvalidCampaign():
                invalid.append(found)
            case DueCampaign():
                campaign = found.campaign
                first = due.setdefault(campaign.this_edition, found)
                if first is not found:
                    reason = f"campaign {campaign.name}, edition {campaign.edition} is already that of {first.name}"
                    problem = Problem(campaign.place, reason, "rename one of the two campaigns")
                    invalid.append(InvalidCampaign(name=name, problems=(problem,)))
    return Night(at=at, due=tuple(due.values()), skipped=tuple(skipped), invalid=tuple(invalid))


def _files(folder: Path) -> list[str]:
    """The files of the folder that can have the mark. Raises: SettingsError if no campaign is there at all."""
    names = campaign_names(folder)
    if not names:
        remedy = "name the folder of your campaigns; if it is mounted, look at the mount"
        raise SettingsError([Problem(Place("HAILUO_CAMPAIGNS"), f"{folder} holds no campaign file", remedy)])
    return [name for name in names if Path(name).suffix.lower() in _SUFFIXES]


def _read(
    path: Path, settings: Settings, catalog: Catalog, at: datetime
) -> DueCampaign | SkippedCampaign | InvalidCampaign | None:
    """What the file means for the night; None without the mark."""
    loaded = load_campaign(path, catalog=catalog, at=at, max_jobs=settings.max_jobs)
    if loaded.nightly is None:
        return None
    zone = loaded.campaign.timezone if loaded.campaign and not loaded.problems else None
    reason = loaded.nightly.absence(at.astimezone(ZoneInfo(zone) if zone else at.tzinfo).date())
    if reason:
        return SkippedCampaign(name=path.name, reason=reason)
    problems = list(loaded.problems)
    if loaded.campaign:
        problems += expand(loaded.campaign, catalog).problems
    if problems or loaded.campaign is None:
        return InvalidCampaign(name=path.name, problems=tuple(dict.fromkeys(problems)))
    return DueCampaign(name=path.name, path=path, campaign=loaded.campaign)


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignResult:
    """How one campaign of the night ended, and why; `outcome` is None if it could not be read.

    `committed_usd` is what it took of the night's budget, or would take.
    """

    due: DueCampaign
    exit_code: ExitCode
    reasons: tuple[str, ...] = ()
    outcome: CampaignOutcome | None = None
    gallery: GalleryLink | None = None
    committed_usd: Decimal = Decimal(0)
    state: str = ""
    """The state of its flow run, in one word, where it had one."""

    @property
    def word(self) -> str:
        """How it ended, in one word."""
        return self.state or _WORDS[self.exit_code]


@dataclass(frozen=True, slots=True, kw_only=True)
class NightReport:
    """How a night went. In a dry run nothing was bought, and the results say what would happen.

    `collected` says in words what the night collected first, `waits` whom it waited for before it bought anything,
    `missed` which earlier nights did not run. `leftovers` are the editions, those of earlier nights
    among them, that still have paid or unknown clips. An interrupted night has no results of its last campaigns.
    """

    night: Night
    results: tuple[CampaignResult, ...]
    is_dry_run: bool = False
    collected: tuple[str, ...] = ()
    waits: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    leftovers: tuple[Leftover, ...] = ()
    is_interrupted: bool = False

    @property
    def total(self) -> CampaignOutcome:
        """The sums over all campaigns whose outcome is known."""
        return total_of(result.outcome for result in self.results if result.outcome)

    @property
    def exit_code(self) -> ExitCode:
        """STOPPED if a campaign was refused, stopped or cancelled; INCOMPLETE for an invalid file or clips not stored."""
        codes = {result.exit_code for result in self.results}
        if codes - {ExitCode.COMPLETE, ExitCode.INCOMPLETE}:
            return ExitCode.STOPPED
        return (
            ExitCode.INCOMPLETE if self.night.invalid or ExitCode.INCOMPLETE in codes else ExitCode.COMPLETE
        )

    @property
    def worst(self) -> ExitCode:
        """The worst exit code of a campaign; REFUSED for an invalid file, INTERRUPTED if the night was."""
        codes = {result.exit_code for result in self.results}
        if self.night.invalid:
            codes.add(ExitCode.REFUSED)
        if self.is_interrupted:
            codes.add(ExitCode.INTERRUPTED)
        return max(codes, default=ExitCode.COMPLETE)

    @property
    def headline(self) -> str:
        """The night in one line."""
        total, parts = self.total, ["no campaign is due tonight"]
        if self.results:
            count = f"{len(self.results)} campaign{'s' if len(self.results) > 1 else ''}"
            words = Counter(result.word for result in self.results)
            ended = ", ".join(f"{number} {word}" for word, number in words.items())
            reserved = f" and {usd(total.reserved_usd)} reserved" if total.reserved_usd else ""
            cost = f"{usd(total.spent_usd)} spent{reserved}, estimated {usd(total.estimate_usd)}"
            if self.is_dry_run:
                parts = [f"{count} priced, nothing bought"]
                parts += [f"{total.to_buy} clips would be bought for {usd(total.estimate_usd)}"]
            else:
                parts = [f"{count}: {ended}"]
                parts += [f"{total.bought} clips bought: {cost}" if total.bought else "nothing bought"]
        left = sum(len(one.to_collect) for one in self.leftovers)
        if left:
            parts.append(f"{left} paid clip{'s' if left > 1 else ''} not collected")
        if total.unknown:
            parts.append(f"{usd(total.unknown_usd)} in unknown submits")
        if self.night.invalid:
            parts.append(f"invalid: {', '.join(one.name for one in self.night.invalid)}")
        if self.missed:
            parts.append(f"not run: {', '.join(self.missed)}")
        return "; ".join(parts)
