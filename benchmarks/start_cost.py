"""What a command costs before it does anything: CPU time against an empty Python, best of several.

python -m benchmarks.start_cost [--write docs/evidence/measurements.md]
"""

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from benchmarks.document import show_section, table

_MARK: Final = "start-cost"
_COMMANDS: Final = {"hailuo --help": 6, "hailuo validate FILE": 12, "hailuo plan FILE": 15}
_SMALL: Final = """\
campaign: small
defaults: {size: 768p, duration: 6}
matrix:
  model: [MiniMax-Hailuo-02, MiniMax-Hailuo-2.3]
  prompt: [{id: stone, text: Perfume bottle on black stone}]
budget: {usd: 5}
"""


def cpu_seconds(arguments: list[str], *, folder: Path, repeats: int) -> float:
    """User and system time of a Python process with these arguments: the least of all repeats."""
    costs = []
    for _ in range(repeats):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, check=False)  # noqa: S603
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        costs.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(costs)


def measure(folder: Path, *, repeats: int) -> dict[str, float]:
    """CPU seconds of the empty Python, of what we build on, and of each command on a small campaign."""
    (folder / "small.yaml").write_text(_SMALL, encoding="utf-8")
    code = {
        "python -c pass": "pass",
        "import click": "import click",
        "one pydantic model": "import pydantic; type('Model', (pydantic.BaseModel,), {})",
    }
    found = {name: cpu_seconds(["-c", text], folder=folder, repeats=repeats) for name, text in code.items()}
    for name in _COMMANDS:
        arguments = name.replace("FILE", "small.yaml").split()[1:]
        found[name] = cpu_seconds(["-m", "hailuo", *arguments], folder=folder, repeats=repeats)
    return found


def _section(found: dict[str, float]) -> str:
    empty = found["python -c pass"]
    rows = [
        (f"`{name}`", f"{seconds * 1000:.0f} ms", f"{seconds / empty:.1f}", str(_COMMANDS.get(name, "")))
        for name, seconds in found.items()
    ]
    head = ("process", "CPU", "times an empty Python", "goal")
    return f"""### Start of a command

Written by `make bench-start`. Each figure is the least of several processes, on two cores shared with other programs.

{table(head, rows)}"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.start_cost", description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--write", type=Path, help="the document that takes the table")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="start-cost-") as folder:
        section = _section(measure(Path(folder), repeats=given.repeats))
    show_section(section, given.write, mark=_MARK)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
