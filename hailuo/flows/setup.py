"""Everything that the flows need on a Prefect server: `python -m hailuo.flows.setup`, beside prefect.yaml.

It makes what is missing: the work pool, the queue of the nights with its limit of 1, every deployment of prefect.yaml,
the schedules (switched off), and the automations. Run it again after an upgrade. What you set stays as it is: switch,
cron, zone and parameters of a schedule, limits, and automations that you switched off.
"""

import argparse
import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Final

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate, WorkPoolCreate
from prefect.client.schemas.schedules import CronSchedule
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.workers.utilities import get_default_base_job_template_for_infrastructure_type

from hailuo.flows.automations import BLOCK, automate

POOL: Final = "hailuo"
NIGHTS: Final = "nights"
"""The queue of the pool in which nights run one at a time."""

SCHEDULES: Final = {
    "nightly/nightly": CronSchedule(cron="0 1 * * *", timezone="Europe/Berlin"),
    "ad-report/ad-report": CronSchedule(cron="0 8 * * *", timezone="Europe/Berlin"),
}
"""The schedules of a new deployment; a person switches them on."""


async def prepare_pool(client: PrefectClient, pool_type: str) -> list[str]:
    """Make the pool and the queue of the nights if they are missing; a line for people about each."""
    lines = []
    try:
        template = await get_default_base_job_template_for_infrastructure_type(pool_type) or {}
        await client.create_work_pool(WorkPoolCreate(name=POOL, type=pool_type, base_job_template=template))
        lines.append(f"made the work pool {POOL} of type {pool_type}")
    except ObjectAlreadyExists:
        lines.append(f"kept the work pool {POOL}")
    try:
        await client.create_work_queue(NIGHTS, work_pool_name=POOL, concurrency_limit=1)
        lines.append(f"made the queue {NIGHTS}: one night at a time")
    except ObjectAlreadyExists:
        lines.append(f"kept the queue {NIGHTS}")
    return lines


async def new_deployments(client: PrefectClient) -> list[str]:
    """The deployments with a schedule that this server does not have yet."""
    missing = []
    for name in SCHEDULES:
        try:
            await client.read_deployment_by_name(name)
        except ObjectNotFound:
            missing.append(name)
    return missing


async def add_schedules(client: PrefectClient, names: list[str]) -> list[str]:
    """Give new deployments their schedules, switched off."""
    for name in names:
        made = await client.read_deployment_by_name(name)
        await client.create_deployment_schedules(
            made.id, [DeploymentScheduleCreate(schedule=SCHEDULES[name], active=False)]
        )
    return [f"made the schedule of {name}, switched off: {SCHEDULES[name].cron}" for name in names]


async def set_up(*, file: Path, pool_type: str, block: str) -> list[str]:
    """Make what is missing; a line for people about each. Raises: SystemExit if `prefect deploy` fails."""
    async with get_client() as client:
        lines = await prepare_pool(client, pool_type)
        missing = await new_deployments(client)
        deploy = [
            sys.executable,
            "-m",
            "prefect",
            "--no-prompt",
            "deploy",
            "--all",
            "--prefect-file",
            str(file),
        ]
        done = await asyncio.to_thread(subprocess.run, deploy, check=False)  # the client's own log is shown
        if done.returncode:
            raise SystemExit(done.returncode)
        lines += await add_schedules(client, missing)
    return [*lines, *await automate(block=block)]


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prefect-file", type=Path, default=Path("prefect.yaml"))
    parser.add_argument("--pool-type", default="process", help="of a new pool")
    parser.add_argument("--block", default=BLOCK, help="the notification block's name")
    given = parser.parse_args()
    lines = asyncio.run(set_up(file=given.prefect_file, pool_type=given.pool_type, block=given.block))
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    _main()
