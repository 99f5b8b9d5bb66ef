"""A simulated vendor on loopback that is quick by itself, so that the client's clock need not be.

The client gives up a submit that it could not send within 30 s of its clock. On a clock 600 times as fast a pause
of 50 ms is enough for that, and a busy machine pauses longer. Here the vendor renders in an instant, the client asks
often, and its clock runs five times as fast: a pause of six seconds would be needed.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
from pydantic import SecretStr

from hailuo.campaign.files import load_catalog
from hailuo.clock import RehearsalClock
from hailuo.run.environment import RunEnvironment, within
from hailuo.settings import Settings
from hailuo.simulator import ClipDetail, SimulatorOptions, simulating

CLIENT_SPEED: Final = 5.0
VENDOR_SPEED: Final = 400.0
QUICK: Final[dict[str, Any]] = {
    "submits_per_minute": 600.0,
    "poll_first_seconds": 0.1,
    "poll_every_seconds": 0.25,
    "wait_minutes": 0,
}
"""The client's settings that suit such a vendor."""


@contextlib.contextmanager
def rehearsing(
    store: Path, *, key: str = "sk-test", client_speed: float = CLIENT_SPEED, **vendor: Any
) -> Iterator[RunEnvironment]:
    """Commands and flows of the block work against the simulator, over a folder store; `vendor`: its options."""
    clock = RehearsalClock(client_speed)
    usual: dict[str, Any] = {"clip_detail": ClipDetail.SMALL, "speed": VENDOR_SPEED}
    options = SimulatorOptions(catalog=load_catalog(), **{**usual, **vendor})
    with simulating(options, clock=clock) as base_url:
        settings = Settings(
            api_key=SecretStr(key), base_url=base_url, store=str(store), checks="off", **QUICK
        )
        place = RunEnvironment(settings=settings, clock=clock)
        with within(place):
            yield place


def accepted(place: RunEnvironment) -> int:
    """The submits that the simulated vendor has accepted."""
    key = place.settings.api_key
    headers = {"Authorization": f"Bearer {key.get_secret_value()}"} if key else {}
    url = f"{place.settings.base_url}/_sim/invoice"
    invoice = httpx.get(url, headers=headers, timeout=60).raise_for_status()  # a busy machine answers late
    return int(invoice.json()["accepted"])
