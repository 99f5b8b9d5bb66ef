"""What refusals show of the vendor's limit of submits a minute, where it is unknown, or has changed.

A vendor that counts the submits of the last minute refuses one when its limit is reached. So what it took in the minute
before a refusal is the limit, unless another customer of the same key caused the refusal: two at the same number decide.
Growth and cut follow TCP: RFC 5681, section 3.1. The formula is in docs/explanation/pacing.md#when-the-vendor-asks-for-less.
"""

from dataclasses import dataclass, replace
from typing import Final

_LEAST_TAKEN: Final = 3  # of fewer, nothing follows
_LIKELY_TAKEN: Final = 10
_APART_SECONDS: Final = 45.0  # sooner, the same submits are counted again
_ALIKE: Final = 0.1
_BELOW: Final = 0.97
_HELD_SECONDS, _HELD_SUBMITS = 45.0, 60  # one refusal in 61 submits is 1.6 %


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenLimit:
    """The submits that were taken in the minute before the last refusal; `is_sure` once two refusals agree.

    `since` is when the last refusal came, in the clock's monotonic seconds, and `taken` counts the submits since then.
    """

    count: int = 0
    is_sure: bool = False
    since: float = 0.0
    taken: int = 0

    @property
    def is_counted(self) -> bool:
        """Whether so many were taken that their number says something."""
        return self.count >= _LEAST_TAKEN

    @property
    def is_likely(self) -> bool:
        """Whether one refusal alone says something: of a few submits, other runs with the same key may have had the rest."""
        return self.is_sure or self.count >= _LIKELY_TAKEN

    def refused(self, count: int, *, now: float) -> "SeenLimit":
        """After another refusal, `count` submits having been taken in the last minute."""
        is_alike = abs(count - self.count) <= max(1.0, _ALIKE * self.count)
        if is_alike and self.may_be_higher(now):  # more was tried, and the limit is as it was
            count = max(count, self.count)
        seen = SeenLimit(count=count, since=now)
        is_new = now - self.since >= _APART_SECONDS or self.is_sure
        return replace(seen, is_sure=is_alike and is_new and seen.is_counted)

    def accepted(self) -> "SeenLimit":
        """After a submit that the vendor took."""
        return replace(self, taken=self.taken + 1)

    def pace_below(self, pace: float) -> float:
        """What to go on with after a refusal at this pace, in submits a minute; half of it where nothing better is known."""
        if self.is_sure:
            return min(pace, _BELOW * self.count)
        likely = _BELOW * self.count if self.is_likely else 0.0
        return min(pace, max(likely, pace / 2))

    def may_be_higher(self, now: float) -> bool:
        """Whether a limit that is sure has held for so long that more may be tried."""
        return now - self.since >= _HELD_SECONDS and self.taken >= _HELD_SUBMITS
