"""Near duplicates across an edition: clips that look the same, by the PDQ hashes of their frames."""

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hailuo.media.inspection import HASHED_FRAMES, Inspection
from hailuo.media.verdict import load_thresholds

_ROWS_AT_ONCE: Final = 64


class NearDuplicate(NamedTuple):
    """The nearest other clip, and how far it is: bits of 256 that differ, the mean over frames."""

    creative_id: str
    distance: float


def near_duplicates(
    inspections: Mapping[str, Inspection], *, at_most_bits: float | None = None
) -> Mapping[str, NearDuplicate]:
    """The nearest other clip of every clip that has one within `at_most_bits` (the thresholds' where None).

    Frames are compared pair by pair in order: only clips with all their hashes take part. 2,000 clips take seconds.
    """
    limit = load_thresholds().near_duplicate_bits.value if at_most_bits is None else at_most_bits
    ids = sorted(cid for cid, found in inspections.items() if len(found.pdq) == HASHED_FRAMES)
    if len(ids) < 2:
        return {}
    hashes = (bytes.fromhex("".join(inspections[cid].pdq)) for cid in ids)
    words = np.stack([np.frombuffer(bits, dtype=np.uint64) for bits in hashes])
    near: dict[str, NearDuplicate] = {}
    for start in range(0, len(ids), _ROWS_AT_ONCE):
        bits = _distances(words[start : start + _ROWS_AT_ONCE], words)
        for row, cid in enumerate(ids[start : start + _ROWS_AT_ONCE]):
            bits[row, start + row] = np.inf  # itself
            other = int(bits[row].argmin())
            if bits[row, other] <= limit:
                near[cid] = NearDuplicate(ids[other], round(float(bits[row, other]), 2))
    return near


def _distances(some: NDArray[np.uint64], all_of_them: NDArray[np.uint64]) -> NDArray[np.float64]:
    """(some, all): mean differing bits per frame. Word by word, so that memory stays at one (some, all) table."""
    total = np.zeros((len(some), len(all_of_them)), dtype=np.uint32)
    for word in range(some.shape[1]):
        total += np.bitwise_count(some[:, word, None] ^ all_of_them[None, :, word])
    return total / HASHED_FRAMES
