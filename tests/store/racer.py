"""One of many processes that create the same keys at the same moment; run by test_folder_races.py."""

import asyncio
import sys
from pathlib import Path

from hailuo.store import FolderStore


def main(root: str, name: str, keys: int) -> None:
    """Wait for the start, then try for every key; write the numbers of those won."""
    store = FolderStore(Path(root))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    won = [number for number in range(keys) if asyncio.run(store.create(f"race/{number}", name.encode()))]
    sys.stdout.write(" ".join(map(str, won)))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
