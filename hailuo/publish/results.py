"""What ads did, as the newest report measured it: one file of the edition that `hailuo report` writes and the gallery shows."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, FiniteFloat, TypeAdapter, ValidationError

from hailuo.errors import MissingKeyError
from hailuo.logs import quiet_logger
from hailuo.store import Store
from hailuo.store.layout import Edition

_log = quiet_logger(__name__)
_Number = FiniteFloat | None
_Words = Annotated[str, Field(max_length=500)]


class _ResultPart(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)  # a later report may say more


class ClipResult(_ResultPart):
    """The decision metric of one clip on one platform: as counted, with its interval, and corrected for luck.

    Rates are fractions, money is in the currency of the data. An end of the interval that is None is open or unknown.
    `clip_id` is the clip that a copy with a finish was made of, and empty for a clip itself.
    `said` and `interval` are the same numbers with their units; `rests_on` says what was counted.
    """

    creative_id: str
    clip_id: str = ""
    value: _Number
    low: _Number
    high: _Number
    corrected: _Number
    said: _Words
    interval: _Words
    corrected_said: _Words
    rests_on: _Words
    standing: _Words


class PlatformResults(_ResultPart):
    """The clips on one platform. `about` is one sentence on the metric; `compared` is False where clips of different
    lengths make its numbers mean different things.
    """

    platform: str
    name: _Words
    metric: str
    label: _Words
    unit: _Words
    about: _Words
    higher_is_better: bool
    compared: bool = True
    clips: tuple[ClipResult, ...]


class Results(_ResultPart):
    """What one report measured. `report` is its page, relative to the edition's folder."""

    schema_: Literal["hailuo.results/1.0"] = Field(default="hailuo.results/1.0", alias="schema")
    made_at: AwareDatetime
    report: str = Field(pattern=r"^reports/[0-9A-Za-z_-]+/report\.html$")
    confidence: float = Field(gt=0, lt=1)
    platforms: tuple[PlatformResults, ...]

    def by_clip(self) -> Mapping[str, Mapping[str, Sequence[ClipResult]]]:
        """creative id of a clip -> platform -> results of the clip and of its copies with a finish, the best first.

        The best is the one with the best corrected value; without those, with the best counted value.
        """
        found: dict[str, dict[str, list[ClipResult]]] = {}
        for platform in self.platforms:
            sign = -1 if platform.higher_is_better else 1
            for one in sorted(
                platform.clips, key=lambda one: _rank(sign, one.corrected) + _rank(sign, one.value)
            ):
                found.setdefault(one.clip_id or one.creative_id, {}).setdefault(platform.platform, []).append(
                    one
                )
        return found


def _rank(sign: int, value: float | None) -> tuple[bool, float]:
    return value is None, sign * (value or 0.0)


_FILE: Final = TypeAdapter(Results)


async def keep_results(store: Store, edition: Edition, results: Results) -> None:
    """Put them where the next gallery finds them; the newest report replaces the one before."""
    content = _FILE.dump_json(results, by_alias=True, indent=1)
    await store.put(edition.results, content, content_type="application/json")


async def stored_results(store: Store, edition: Edition) -> Results | None:
    """Of the newest report, or None; also if they cannot be read, which is logged. Raises: StoreUnavailableError."""
    try:
        return _FILE.validate_json(await store.read(edition.results))
    except MissingKeyError:
        return None
    except ValidationError as error:  # edited by hand, or of a later version: no reason to stop a gallery
        _log.warning("hailuo.results.not_readable", extra={"key": edition.results, "why": str(error)})
        return None


def day_of(at: datetime) -> str:
    """`3 May 2026`."""
    return f"{at.day} {at:%B %Y}"
