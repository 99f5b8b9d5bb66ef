"""SYNTHETIC exports for a manifest, to see a report without an ad: `python -m benchmarks.judge.synthetic MANIFEST.jsonl FOLDER`.

Writes SYNTHETIC-meta.csv and SYNTHETIC-tiktok.csv, and truth.json: what the simulation was told to be true.
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from benchmarks.judge.worlds import Nature, Truth, world
from hailuo.publish.manifest import read_jsonl
from hailuo.report.metrics import AdPlatform

SEED: Final = 7
NATURE: Final = Nature(effect_sd=0.3, take_sd=0.1, days=28, daily_impressions=2_500)


def write_exports(
    manifest: Path, folder: Path, *, seed: int = SEED, nature: Nature = NATURE
) -> Mapping[AdPlatform, Truth]:
    """Write what two platforms would have exported of the manifest's clips; the same seed writes the same bytes."""
    variants = read_jsonl(manifest.read_bytes())
    stored = variants[(variants["status"] == "stored") & variants["derived_from"].isna()].reset_index(
        drop=True
    )
    made = world(stored, seed=seed, nature=nature)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in made.exports.items():
        (folder / name).write_bytes(content)
    return made.truth


def main() -> None:
    """Write the exports, and the truth beside the folder, where no report looks."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.judge.synthetic", description=__doc__)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args()
    truth = write_exports(given.manifest, given.folder, seed=given.seed)
    told = {one.value: {"best": known.best, "rates": dict(known.rates)} for one, known in truth.items()}
    (given.folder.parent / "truth.json").write_text(json.dumps(told, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
