"""The first look of a run: it waits for a vendor, a store or a server that does not answer. Nothing is bought yet."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count
from typing import Final, TypeVar

from hailuo.clock import Clock, Stopwatch
from hailuo.errors import RefusedError, StoreFullError, StoreUnavailableError
from hailuo.run.events import Event, EventKind, Observer
from hailuo.settings import Settings
from hailuo.text import duration

_FIRST_PAUSE_SECONDS: Final = 15.0
_LONGEST_PAUSE_SECONDS: Final = 60.0
_Seen = TypeVar("_Seen")


def may_pass(error: Exception) -> bool:
    """Whether the same look may succeed later without anyone's help."""
    match error:
        case RefusedError():
            return error.is_passing
        case StoreUnavailableError():
            return not isinstance(error, StoreFullError)
        case _:
            return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long first looks wait (HAILUO_WAIT_MINUTES), by which clock, and who hears of it."""

    settings: Settings
    clock: Clock
    observe: Observer
    passes: Callable[[Exception], bool] = may_pass

    async def until_answered(self, look: Callable[[], Awaitable[_Seen]]) -> _Seen:
        """Repeat the look while its error may pass: after 15 s, 30 s, then every 60 s.

        Each wait is an event of kind SLOWED. Raises: what the look raised last, with a note of the wait; every other
        error at once.
        """
        waited, longest = Stopwatch(self.clock), self.settings.wait_minutes * 60.0
        for tries in count():
            try:
                return await look()
            except Exception as error:
                left = longest - waited.seconds
                if not self.passes(error) or left <= 0:
                    if tries:
                        error.add_note(f"waited {duration(waited.seconds)} for it (HAILUO_WAIT_MINUTES)")
                    raise
                pause = min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2.0 ** min(tries, 8), left)
                reason = " ".join(str(error).split())
                text = f"{reason}; asked again in {pause:.0f} s, for {duration(left)} more at most"
            self.observe(Event(kind=EventKind.SLOWED, text=text))
            await self.clock.sleep(pause)
        raise AssertionError("unreachable")
