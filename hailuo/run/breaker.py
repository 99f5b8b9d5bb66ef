"""The circuit breaker: when jobs keep ending badly for one cause and nothing comes through, buying stops."""

from collections import defaultdict
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

FAILURES_TO_BREAK: Final = 5

WAY_BACK: Final[Mapping[str, str]] = MappingProxyType(
    {
        "moderation": "change the prompts or first frames that were refused, then run again",
        "invalid_request": "the catalog and the vendor disagree: correct the campaign or the catalog, then run again",
        "vendor_failure": "nothing is charged for a failure that was refunded; run again later",
        "vendor_fault": "the vendor has trouble of its own; run again later",
        "network": "look at the network, then run again",
        "key": "give a key that the vendor takes, then run again",
        "balance": "top the balance up, then run again",
        "configuration": "the vendor has not set this model up; leave it out with --only, or ask its support",
        "unknown": "settle them with hailuo reconcile, look at the network, then run again",
        "overdue": "what was bought is kept; run again later to collect it",
        "download": "what was bought is kept at the vendor; look at network and disk, then run again to collect it",
        "completed_without_url": "what was bought is kept at the vendor; run again later to collect it",
        "task_not_exist": "ask the vendor's support about these tasks before anything more is bought",
        "store": "look at the store (full, read-only, unreachable), then run again",
        "first_frame": "use a store that the vendor can fetch from, or https URLs",
    }
)
"""For every cause that can stop a run: what a person does about it."""


class Breaker:
    """Counts the jobs that ended badly for each cause since the last clip was stored."""

    def __init__(self) -> None:
        self._since_stored: defaultdict[str, set[str]] = defaultdict(set)

    def stored(self) -> None:
        """A clip came through: the count begins anew."""
        self._since_stored.clear()

    def failed(self, cause: str, *, witness: str) -> bool:
        """True when so many different witnesses fell to this cause that buying should stop.

        `witness` is what the failure speaks against: all takes of a prompt that moderation refused are one.
        """
        self._since_stored[cause].add(witness)
        return len(self._since_stored[cause]) >= FAILURES_TO_BREAK
