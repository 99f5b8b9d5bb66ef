"""The night: which campaigns of the shelf are rendered tonight, which are left out and why, which cannot be read."""

from collections import Counter
from collections.abc import Collection, Sequence
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
from hailuo.errors import CampaignError, ExitCode, Place, Problem
from hailuo.night.outcome import Books, total_of
from hailuo.publish.share import GalleryLink
from hailuo.settings import Settings
from hailuo.text import quoted, suggestion

_SHEETS = frozenset({".yaml", ".yml"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A campaign of the night: its file's name on the shelf, where that lies, and what it says."""

    name: str
    path: Path
    campaign: Campaign


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A marked campaign that is not rendered tonight."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsound:
    """A file that is marked for the night, or may be, but cannot be rendered: everything that is wrong with it."""

    name: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """What the shelf holds for the night that begins at `at` (aware), each kind in the order of the file names."""

    at: datetime
    due: tuple[Due, ...]
    left_out: tuple[LeftOut, ...]
    unsound: tuple[Unsound, ...]

    def only(self, names: Sequence[str]) -> "Night":
        """The night of these files alone; of all of them where none is named.

        Raises: CampaignError for every name that is not one of a marked campaign.
        """
        marked: tuple[Due | LeftOut | Unsound, ...] = (*self.due, *self.left_out, *self.unsound)
        known = {one.name for one in marked}
        strangers = [name for name in names if name not in known]
        if strangers:
            raise CampaignError([_stranger(name, known) for name in strangers])
        chosen = frozenset(names) or known
        return Night(
            at=self.at,
            due=tuple(one for one in self.due if one.name in chosen),
            left_out=tuple(one for one in self.left_out if one.name in chosen),
            unsound=tuple(one for one in self.unsound if one.name in chosen),
        )


def _stranger(name: str, known: Collection[str]) -> Problem:
    return Problem(
        Place("only_campaigns"),
        f"{quoted(name)} is not marked for the night",
        suggestion(name, sorted(known)),
    )


def night_of(settings: Settings, at: datetime) -> Night:
    """Look through the shelf for the night that was scheduled for `at`; nothing but files is touched.

    A file without the mark is passed over in silence, whatever else is wrong with it. Of two files that name the same
    edition of the same campaign the second is refused: they would overwrite each other's comparison.
    Raises: SettingsError when there is no shelf, CatalogError.
    """
    catalog = load_catalog(settings.catalog)
    names = [name for name in campaign_names(settings.campaigns) if Path(name).suffix.lower() in _SHEETS]
    found = [_found(settings.campaigns / name, settings, catalog, at) for name in names]
    due: dict[tuple[str, str], Due] = {}
    unsound = [one for one in found if isinstance(one, Unsound)]
    for one in (one for one in found if isinstance(one, Due)):
        first = due.setdefault((one.campaign.name, one.campaign.edition), one)
        if first is not one:
            unsound.append(_twin(one, first))
    return Night(
        at=at,
        due=tuple(due.values()),
        left_out=tuple(one for one in found if isinstance(one, LeftOut)),
        unsound=tuple(sorted(unsound, key=lambda one: one.name)),
    )


def _found(path: Path, settings: Settings, catalog: Catalog, at: datetime) -> Due | LeftOut | Unsound | None:
    """What the file means for the night; None when it is not marked."""
    loaded = load_campaign(path, catalog=catalog, at=at, max_jobs=settings.max_jobs)
    if loaded.nightly is None:
        return None
    zone = loaded.campaign.timezone if loaded.campaign and not loaded.problems else "UTC"
    absence = loaded.nightly.absence(at.astimezone(ZoneInfo(zone)).date())
    if absence:
        return LeftOut(name=path.name, reason=absence)
    problems = list(loaded.problems)
    if loaded.campaign:
        problems += expand(loaded.campaign, catalog).problems
    if problems or loaded.campaign is None:
        return Unsound(name=path.name, problems=tuple(dict.fromkeys(problems)))
    return Due(name=path.name, path=path, campaign=loaded.campaign)


def _twin(one: Due, first: Due) -> Unsound:
    campaign = one.campaign
    reason = f"campaign {campaign.name}, edition {campaign.edition} is already that of {first.name}"
    return Unsound(
        name=one.name, problems=(Problem(campaign.place, reason, "rename one of the two campaigns"),)
    )


_ZERO = Decimal(0)
_RED = frozenset({ExitCode.REFUSED, ExitCode.STOPPED, ExitCode.INTERRUPTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One campaign's part of a night: how it ended, why so, and its books where they could be read.

    `committed_usd` is what it took of the night's budget, or would.
    """

    due: Due
    ending: ExitCode
    reasons: tuple[str, ...] = ()
    books: Books | None = None
    gallery: GalleryLink | None = None
    committed_usd: Decimal = _ZERO

    @property
    def word(self) -> str:
        """How it ended, in a word."""
        match self.ending:
            case ExitCode.COMPLETE:
                return "complete"
            case ExitCode.INCOMPLETE:
                return "incomplete"
            case ExitCode.REFUSED:
                return "refused"
            case ExitCode.STOPPED | ExitCode.INTERRUPTED:
                return "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class NightReport:
    """How a night went. In a dry run nothing was bought: the parts say what would be."""

    night: Night
    parts: tuple[Part, ...]
    is_dry_run: bool = False

    def word(self, part: Part) -> str:
        """How a part ended, or would begin."""
        return "started" if self.is_dry_run and part.ending is ExitCode.COMPLETE else part.word

    @property
    def total(self) -> Books:
        """The books of all parts together, as far as they could be read."""
        return total_of(part.books for part in self.parts if part.books)

    @property
    def exit_code(self) -> ExitCode:
        """STOPPED when any campaign of the night was refused, stopped or crashed, or cannot be read at all."""
        if self.night.unsound or any(part.ending in _RED for part in self.parts):
            return ExitCode.STOPPED
        complete = all(part.ending is ExitCode.COMPLETE for part in self.parts)
        return ExitCode.COMPLETE if complete else ExitCode.INCOMPLETE

    @property
    def headline(self) -> str:
        """The night in one line."""
        said = [self._campaigns()]
        if self.parts:
            said.append(self._money())
        if self.total.unknown:
            said.append(f"{usd(self.total.unknown_usd)} in unknown submits")
        if self.night.unsound:
            said.append(f"not sound: {', '.join(one.name for one in self.night.unsound)}")
        return "; ".join(said)

    def _campaigns(self) -> str:
        if not self.parts:
            return "no campaign is due tonight"
        count = f"{len(self.parts)} campaign{'s' if len(self.parts) > 1 else ''}"
        if self.is_dry_run:
            return f"{count} looked at, nothing bought"
        words = Counter(part.word for part in self.parts)
        return f"{count}: {', '.join(f'{number} {word}' for word, number in words.items())}"

    def _money(self) -> str:
        total = self.total
        if self.is_dry_run:
            return f"{total.to_buy} clips would be bought for {usd(total.estimate_usd)}"
        held = f" and {usd(total.held_usd)} held" if total.held_usd else ""
        cost = f"{usd(total.spent_usd)} spent{held}, estimated {usd(total.estimate_usd)}"
        return f"{total.bought} clips bought: {cost}" if total.bought else "nothing bought"
