"""Link what the installed wheel asks for, and no more, into its environment: from this one, without a registry.

    python scripts/link_packages.py SITE_PACKAGES [EXTRA...]

It prints how many packages that is, and how many MB.
"""

import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement

OURS = "hailuo-campaigns"


def needed(ours: Distribution, extras: frozenset[str]) -> dict[str, Distribution]:
    """Every distribution that it needs with these extras, and what those need, by name."""
    found: dict[str, Distribution] = {}
    seen, left = set(), [(ours, extras)]
    while left:
        package, wanted = left.pop()
        for asked in _asked(package, wanted):
            key = (asked.name, frozenset(asked.extras))
            if key in seen:
                continue
            seen.add(key)
            other = ours if asked.name == OURS else distribution(asked.name)
            left.append((other, key[1]))
            if other is not ours:
                found[re.sub(r"[-_.]+", "-", asked.name).lower()] = other
    return found


def _asked(package: Distribution, extras: frozenset[str]) -> Iterator[Requirement]:
    for asked in map(Requirement, package.requires or []):
        if asked.marker is None or any(asked.marker.evaluate({"extra": extra}) for extra in {"", *extras}):
            yield asked


def main() -> None:
    site, extras = Path(sys.argv[1]), frozenset(sys.argv[2:])
    (ours,) = (one for one in distributions(path=[str(site)]) if one.metadata["Name"] == OURS)
    found, size = needed(ours, extras), 0
    for package in found.values():
        files = [
            Path(str(package.locate_file(file))) for file in package.files or [] if ".." not in file.parts
        ]
        size += sum(file.stat().st_size for file in files if file.suffix != ".pyc" and file.exists())
        root = Path(str(package.locate_file("")))
        for top in {file.relative_to(root).parts[0] for file in files}:
            target = site / top
            if not target.exists() and (root / top).exists():
                target.symlink_to(root / top)
    print(f"{'+'.join(sorted(extras)) or 'base'}: {len(found)} packages, {size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
