"""Ad names as people and platforms leave them, and whether results still find their creatives (G11)."""

import random
from collections.abc import Iterator
from typing import Final

from benchmarks.judge.lines import Line, at_least, at_most
from hailuo.report.join import join
from tests.support.report.frames import make_results, make_variants
from tests.support.report.mangling import mangled

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_SEED: Final = 11
_CHARACTERS: Final = 10


def mangled_names(count: int = 2_000) -> Iterator[Line]:
    """Two manglings each, of copies, cuts, encodings, dashes: found, not found, and found wrongly."""
    rng = random.Random(_SEED)  # noqa: S311 (no secret)
    ids = ["".join(rng.choices(_ALPHABET, k=_CHARACTERS)) for _ in range(count)]
    variants = make_variants(*ids)
    plain = set(variants["ad_name"])
    names = [mangled(name, rng) for name in variants["ad_name"]]
    found = join(make_results(*({"ad_name": name} for name in names)), variants)["creative_id"].tolist()
    right = sum(one == truth for one, truth in zip(found, ids, strict=True))
    wrong = sum(one not in {truth, None} for one, truth in zip(found, ids, strict=True))
    yield at_least("G11", f"of {count:,} names mangled twice, joined", right / count, 0.999)
    yield at_most("G11", "of these, joined with another creative", wrong, 0, unit="names")
    equal = sum(name in plain for name in names) / count
    yield at_most("G11", "the same by equal names, the baseline", equal, 0.05)
