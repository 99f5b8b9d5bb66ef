"""Prefect's UI to try everything out on this machine: server, pool, worker, simulator, deployments. Ctrl-C ends it all."""

import argparse
import os
from pathlib import Path

from tests.support.servers.house import ROOT, open_house
from tests.support.servers.processes import interruptible, pause


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / "ui-store")
    parser.add_argument("--port", type=int, default=4200)
    wish = parser.parse_args()
    folder = wish.folder.absolute()
    print("Starting Prefect's server, a worker and a simulator of the vendor; this takes half a minute ...")
    with interruptible(), open_house(folder / str(os.getpid()), port=wish.port) as house:
        print(f"UI         {house.ui}")
        print(f"simulator  {house.vendor.url}   (no key, no money; sixty times as quick as the vendor)")
        print(f"store      {house.store}")
        print("Deployments > render-campaign > Run > Custom run, or switch the schedule of nightly on.")
        print("Ctrl-C takes everything down; what was rendered stays in the store.")
        try:
            while True:
                pause(1.0)
        except KeyboardInterrupt:
            print("taking everything down ...")


if __name__ == "__main__":
    _main()
