"""What a race cost and what it brought: from the vendor's invoice and the files on the disk, from nothing else."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import av
import httpx

from benchmarks.race.track import Contender, Track

_KEY: Final = "sk-simulated"
_FETCHES_AT_MOST: Final = 5
_LENGTH_SECONDS, _LENGTH_TOLERANCE = 6.0, 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """One contender's line of the table.

    `stored` counts different wanted clips that are whole and play. `again` counts purchases of what
    was already bought. `paid_without_clip` counts wanted clips that were bought, and of which nothing whole
    lies there; `held` is how many the contender itself lists as unknown, None where it keeps no such list.
    """

    name: str
    wanted: int
    stored: int
    billed: int
    again: int
    paid_without_clip: int
    held: int | None
    starts: int
    seconds: float
    polls: int

    @property
    def billed_per_wanted(self) -> float:
        return self.billed / self.wanted

    @property
    def polls_per_clip(self) -> float:
        return self.polls / self.stored if self.stored else float("nan")


def take_stock(
    contender: Contender, track: Track, *, base_url: str, wanted: Path, folder: Path, held: int | None
) -> Tally:
    """Hold the vendor's books against the folder, while the vendor is still there."""
    invoice = httpx.get(f"{base_url}/_sim/invoice", trust_env=False).raise_for_status().json()
    lines: Sequence[Mapping[str, Any]] = [e for e in invoice["lines"] if not float(e["refunded_usd"])]
    orders = {_order(line["request"]) for line in json.loads(wanted.read_text())}
    bought = Counter(_order(line) for line in lines)
    stored = set(_stored(lines, base_url, folder)) & orders
    return Tally(
        name=contender.name,
        wanted=len(orders),
        stored=len(stored),
        billed=bought.total(),
        again=bought.total() - len(bought),
        paid_without_clip=len(set(bought) - stored),
        held=held,
        starts=len(track.exits),
        seconds=track.seconds,
        polls=invoice["calls"]["statuses"],
    )


def _order(fields: Mapping[str, Any]) -> tuple[str, str, int, str]:
    """What makes two orders the same clip."""
    return fields["model"], fields["prompt"], fields["duration"], fields["size"]


def _stored(
    lines: Sequence[Mapping[str, Any]], base_url: str, folder: Path
) -> Iterator[tuple[str, str, int, str]]:
    """The order behind every file that is, byte for byte, a clip of the vendor's, and plays."""
    headers = {"Authorization": f"Bearer {_KEY}"}
    with httpx.Client(base_url=base_url, headers=headers, trust_env=False) as client:
        made = {digest: line for line in lines if (digest := _vendors_own(client, line["task_id"]))}
    for path in folder.rglob("*.mp4"):
        line = made.get(hashlib.sha256(path.read_bytes()).hexdigest())
        if line and _plays(path):
            yield _order(line)


def _vendors_own(client: httpx.Client, task_id: str) -> str | None:
    """SHA-256 of the clip as the vendor has it; None when it has none. Its downloads fail now and then."""
    for _ in range(_FETCHES_AT_MOST):
        try:
            answer = client.get(f"/v1/videos/{task_id}/content")
        except httpx.TransportError:
            continue
        if answer.is_success:
            return hashlib.sha256(answer.content).hexdigest()
    return None


def _plays(path: Path) -> bool:
    """Whether a player would show a picture for about the length that was ordered."""
    with av.open(path) as film:
        stream = film.streams.video[0]
        length = float(stream.duration * stream.time_base) if stream.duration and stream.time_base else 0.0
        next(film.decode(stream))
        return abs(length - _LENGTH_SECONDS) < _LENGTH_TOLERANCE
