"""Property tests with fresh random examples: 5,400 changed answers, then round after round until the time is up."""

import argparse
import secrets
import subprocess
import sys

from hailuo.clock import SystemClock

_PYTEST = ["-m", "pytest", "--quiet", "--inline-snapshot=disable", "--numprocesses", "2", "--maxfail", "1"]
_ANSWERS = ["--hypothesis-profile", "answers", "--numprocesses", "0", "tests/run/test_answers_fuzzed.py"]
_PROPERTIES = ["--hypothesis-profile", "fuzz", "-m", "hypothesis"]


def _words(part: list[str], seed: int) -> list[str]:
    return [sys.executable, *_PYTEST, *part, f"--hypothesis-seed={seed}", f"--randomly-seed={seed}"]


def _main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300.0, help="how long to look (default: 300)")
    parser.add_argument("--seed", type=int, help="the seed of the first round (default: a random one)")
    given = parser.parse_args()
    clock = SystemClock()
    end = clock.monotonic() + given.seconds
    rounds, seed = 0, given.seed
    seed = secrets.randbits(32) if seed is None else seed
    if failed := subprocess.run(_words(_ANSWERS, seed), check=False).returncode:  # noqa: S603
        print(f"To repeat it: make fuzz FUZZ_SEED={seed}")
        return failed
    while (left := end - clock.monotonic()) > 0:
        seed = secrets.randbits(32) if seed is None else seed
        try:
            failed = subprocess.run(_words(_PROPERTIES, seed), check=False, timeout=left).returncode  # noqa: S603
        except subprocess.TimeoutExpired:
            break
        if failed:
            print(f"To repeat it: make fuzz FUZZ_SEED={seed}")
            return failed
        rounds, seed = rounds + 1, None
    print(f"{rounds} whole rounds, no failure")
    return 0


if __name__ == "__main__":
    sys.exit(_main())
