"""Where a session keeps what it buys, and the word that a new store needs."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from hailuo.errors import AdmissionError, Place, Problem
from hailuo.store.layout import MONEY


@dataclass(frozen=True, slots=True, kw_only=True)
class StorePlace:
    """Where a session keeps what it buys: the store in full, its vendor, and whether nothing was bought there yet.

    `is_default` is true where neither HAILUO_STORE nor a project file names the store, `is_simulated` where the
    vendor is a simulator on this machine, whose clips cost nothing.
    """

    uri: str
    vendor: str
    is_new: bool
    is_default: bool
    is_simulated: bool

    def require_known(self, refusals: Iterable[Problem] = (), *, word: str = "--new-store") -> None:
        """Refuse a new store that you did not ask for: its name may have a slip, or the work began in another folder.

        A named store for a simulator costs nothing and may be new. `word` is what asks for a new one here.
        Raises: AdmissionError, with the other `refusals` too.
        """
        if self.is_new and (self.is_default or not self.is_simulated):
            reason = (
                f"{self.uri} would be a new store: nothing was bought there yet, and every cap begins at $0"
            )
            remedy = f"set HAILUO_STORE to your store{_other_stores(self.uri)}, or pass {word}"
            raise AdmissionError([*refusals, Problem(Place("HAILUO_STORE"), reason, remedy)])


def _other_stores(uri: str) -> str:
    """Stores of the same name in the folders above, which may be the one that was meant."""
    here = Path(uri)
    found = [folder / here.name for folder in here.parent.parents if (folder / here.name / MONEY).is_dir()]
    return f", such as {found[0]}" if found else ""
