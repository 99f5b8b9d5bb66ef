"""What every contender is to buy, and what goes wrong on the way: the same for all."""

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from hailuo.campaign.files import load_catalog
from hailuo.simulator import ClipDetail, FaultName, FaultPlan, ScriptedFault, SimulatorOptions

SUBMIT_FAULTS: Final[Mapping[FaultName, float]] = {
    FaultName.CHARGED_THEN_DROPPED: 0.05,
    FaultName.CHARGED_THEN_502: 0.05,
    FaultName.BUSY_429_FLAT: 0.05,
    FaultName.RATE_LIMIT_1002: 0.05,
    FaultName.DO_REQUEST_FAILED: 0.05,
}
DOWNLOAD_FAULTS: Final[Mapping[FaultName, float]] = {
    FaultName.DOWNLOAD_TRUNCATED: 0.05,
    FaultName.URL_EXPIRED: 0.05,
}
POLL_FAULTS: Final[Mapping[FaultName, float]] = {FaultName.STATUS_502: 0.005}

_OCCASIONS: Final = 1000
"""So many POSTs and so many downloads have their fate fixed; no contender needs more."""

_MODELS: Final = ("MiniMax-Hailuo-02", "MiniMax-Hailuo-2.3")
_SUBJECTS: Final = ("Sneaker", "Perfume bottle", "Wrist watch", "Espresso cup", "Headphones")
_PLACES: Final = ("black stone", "wet asphalt", "a morning table", "brushed steel", "white sand", "old oak")


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """The wanted clips as the contenders read them: a JSON list, and the same as a campaign file."""

    count: int
    wanted: Path
    campaign: Path


def write_orders(folder: Path, *, clips: int) -> Orders:
    """Write the wanted set, every clip different. Raises ValueError for an odd number, or one over 60."""
    if clips % 2 or not 2 <= clips <= len(_MODELS) * len(_SUBJECTS) * len(_PLACES):
        raise ValueError(f"an even number of clips from 2 to 60 can be wanted, not {clips}")
    prompts = [f"{what} on {where}, soft haze" for where, what in itertools.product(_PLACES, _SUBJECTS)]
    prompts = prompts[: clips // 2]
    orders = Orders(count=clips, wanted=folder / "wanted.json", campaign=folder / "campaign.yaml")
    orders.wanted.write_text(json.dumps(_lines(prompts)))
    orders.campaign.write_text(json.dumps(_campaign(prompts)))  # JSON is YAML
    return orders


def _lines(prompts: list[str]) -> list[dict[str, object]]:
    """Names count up; fields stand in the order of canonical JSON."""
    cells = itertools.product(_MODELS, prompts)
    requests = ({"duration": 6, "model": model, "prompt": text, "size": "768p"} for model, text in cells)
    return [{"name": f"clip-{n:03}", "request": request} for n, request in enumerate(requests)]


def _campaign(prompts: list[str]) -> dict[str, object]:
    return {
        "campaign": "pay-once",
        "defaults": {"size": "768p", "duration": 6},
        "matrix": {
            "model": list(_MODELS),
            "prompt": [{"id": f"p{n:02}", "text": text} for n, text in enumerate(prompts)],
        },
        "budget": {"usd": 100},
    }


def vendor(*, speed: float, seed: int) -> SimulatorOptions:
    """The vendor that every contender meets: the n-th POST has the same fate whoever sends it.

    So has the n-th download. A poll fails by chance, with the simulator's own seeded dice.
    """
    random = Random(seed)  # noqa: S311 (dice)
    script = (*_fates(SUBMIT_FAULTS, random), *_fates(DOWNLOAD_FAULTS, random))
    return SimulatorOptions(
        catalog=load_catalog(None),
        speed=speed,
        seed=seed,
        faults=FaultPlan(rates=POLL_FAULTS, script=script),
        clip_detail=ClipDetail.SMALL,
    )


def _fates(rates: Mapping[FaultName, float], random: Random) -> Iterator[ScriptedFault]:
    names = [*rates, None]
    weights = [*rates.values(), 1 - sum(rates.values())]
    for number, fault in enumerate(random.choices(names, weights, k=_OCCASIONS)):
        if fault:
            yield ScriptedFault(fault=fault, skip=number)
