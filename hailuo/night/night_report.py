"""What a night comes to: a part per campaign, and all of them together."""

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from hailuo.campaign.pricing import usd
from hailuo.errors import ExitCode
from hailuo.night.night import Due, Night
from hailuo.night.outcome import Books, total_of
from hailuo.publish.share import GalleryLink

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
