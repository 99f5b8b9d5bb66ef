"""`hailuo demo`"""

import asyncio
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Final

import click
from pydantic import SecretStr

import hailuo
from hailuo.campaign.files import load_catalog
from hailuo.cli.output import unfailing_output
from hailuo.cli.plain import say
from hailuo.cli.plan import Seen, look
from hailuo.cli.prefect_driver import prefect_driver
from hailuo.cli.progress import Watcher, watched
from hailuo.cli.screen import show_plan, show_report
from hailuo.clock import RehearsalClock
from hailuo.errors import ExitCode
from hailuo.extras import Extra, is_installed
from hailuo.plan.plan import Plan
from hailuo.plan.prepare import CampaignRequest, prepare
from hailuo.run.environment import RunEnvironment, run_environment, within
from hailuo.run.events import RunReport
from hailuo.run.session import open_session
from hailuo.settings import DEMO_VENDOR, Settings, prefer_embedded_prefect
from hailuo.simulator import SimulatorOptions, simulating

_EDITIONS_TRIED: Final = 100
_EXAMPLE: Final = Path("campaigns/demo.yaml")


@click.command("demo")
@click.argument("file", type=click.Path(path_type=Path), default=_EXAMPLE)
@click.option("--store", type=click.Path(path_type=Path), default=Path("demo-store"), show_default=True)
@click.option(
    "--speed",
    type=click.FloatRange(1, 600),
    default=60.0,
    show_default=True,
    help="How many times as fast as real time.",
)
def command(file: Path, store: Path, speed: float) -> ExitCode:
    """Run a whole campaign against the simulator, as a Prefect flow where Prefect is installed, into a folder. No key, no money."""
    if file == _EXAMPLE and not file.exists():
        write_example(file.parent)
    prefer_embedded_prefect(home=store / "prefect")
    say("This is a demo against a simulated vendor on this machine: no key, no money.")
    clock = RehearsalClock(speed)  # shared with the simulator, so that no setting needs to change
    with simulating(SimulatorOptions(catalog=load_catalog(None)), clock=clock) as base_url:
        settings = Settings(
            api_key=SecretStr("sk-simulated"), base_url=base_url, vendor=DEMO_VENDOR, store=str(store)
        )
        watcher = Watcher()
        env = RunEnvironment(
            settings=settings,
            clock=clock,
            observe=watcher,
            watch=lambda runner: watched(runner.progress, watcher),
        )
        with within(env), unfailing_output():
            return _rehearse(CampaignRequest(path=file, at=env.clock.now()), store)


def write_example(folder: Path) -> None:
    """Write the example campaign, its first frames and the schema into the folder. What is there already stays."""
    shipped = examples_folder()
    frames = (str(path.relative_to(shipped)) for path in shipped.glob("frames/perfume-*"))
    for name in ("demo.yaml", "schema.json", *frames):
        target = folder / name
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(shipped / name, target)
    say(f"wrote {folder / 'demo.yaml'}, its first frames and the schema: the example, yours to change")


def examples_folder() -> Path:
    """The example campaigns: in the wheel beside the code, in a checkout the folder campaigns/."""
    package = Path(hailuo.__file__).parent
    shipped = package / "examples"
    return shipped if shipped.is_dir() else package.parent / "campaigns"


def _rehearse(request: CampaignRequest, store: Path) -> ExitCode:
    request, seen = _fresh(request)
    plan = seen.plan
    show_plan(plan, seen.place)
    report = (
        prefect_driver()(request, plan.digest)
        if is_installed(Extra.PREFECT)
        else asyncio.run(_run_here(request, plan))
    )
    show_report(report)
    if not plan.to_buy:
        say("nothing was bought: every clip is in the store already")
    edition = store / plan.campaign.name / plan.campaign.edition
    say(f"gallery   {edition / 'gallery.html'}")
    say(f"manifest  {edition / 'manifest' / 'manifest.csv'}")
    return report.exit_code


async def _run_here(request: CampaignRequest, agreed: Plan) -> RunReport:
    """Without Prefect: what the flow does, in this process."""
    env = run_environment()
    prepared = prepare(request, env.settings)
    async with open_session(prepared, env.settings, clock=env.clock) as session:
        plan = await session.plan()
        await session.admit(plan, agreed_digest=agreed.digest)
        runner = session.runner(plan, observe=env.observe)
        async with env.watch(runner):
            report = await runner.run()
        await session.publish()
    return report


def _fresh(request: CampaignRequest) -> tuple[CampaignRequest, Seen]:
    """The plan. If an earlier demo was interrupted, its simulator is gone, so a new edition is planned."""
    seen = asyncio.run(look(request))
    for number in range(2, _EDITIONS_TRIED):
        if not seen.plan.to_collect:
            break
        say(
            f"an earlier demo was interrupted and its simulator is gone: continuing with edition again-{number}"
        )
        request = replace(request, edition=f"again-{number}")
        seen = asyncio.run(look(request))
    return request, seen
