"""`hailuo simulate`"""

import asyncio
import contextlib
from decimal import Decimal

import click

from hailuo.campaign.files import load_catalog
from hailuo.cli.options import usd_type
from hailuo.cli.plain import say
from hailuo.errors import ExitCode
from hailuo.run.environment import run_environment
from hailuo.simulator import ClipDetail, FaultPlan, Profile, SimulatorOptions, serve


def _read_faults(ctx: click.Context, param: click.Parameter, text: str) -> FaultPlan:
    try:
        return FaultPlan.parse(text)
    except ValueError as error:
        raise click.BadParameter(str(error), ctx, param) from error


@click.command("simulate")
@click.option("--port", type=click.IntRange(1, 65_535), default=8399, show_default=True, help="On 127.0.0.1.")
@click.option(
    "--profile",
    type=click.Choice([str(profile) for profile in Profile]),
    default=str(Profile.IMAROUTER),
    show_default=True,
    help="The gateway's dialect of answers.",
)
@click.option(
    "--speed",
    type=click.FloatRange(0, min_open=True),
    default=1.0,
    show_default=True,
    help="How many times as fast as real time.",
)
@click.option(
    "--faults", default="", callback=_read_faults, help="Faults and their rates: NAME=0.1,NAME=0.05."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of render times and looks.")
@click.option(
    "--balance",
    "balance_usd",
    type=usd_type,
    default="1000",
    show_default=True,
    help="Balance at the start, in US dollars.",
)
@click.option(
    "--rate-limit", type=click.IntRange(1), help="Submits per minute; more are refused with code 1002."
)
@click.option("--small-clips", is_flag=True, help="Plain clips that are quick to make.")
def command(  # noqa: PLR0913 (an option each)
    *,
    port: int,
    profile: str,
    speed: float,
    faults: FaultPlan,
    seed: int,
    balance_usd: Decimal,
    rate_limit: int | None,
    small_clips: bool,
) -> ExitCode:
    """Serve a simulated vendor on this machine: playable clips, faults on demand, an invoice."""
    options = SimulatorOptions(
        catalog=load_catalog(run_environment().settings.catalog),
        profile=Profile(profile),
        speed=speed,
        seed=seed,
        balance_usd=balance_usd,
        faults=faults,
        clip_detail=ClipDetail.SMALL if small_clips else ClipDetail.FULL,
        submits_per_minute=rate_limit,
    )
    say(f"simulated vendor at http://127.0.0.1:{port}, profile {profile}, speed {speed:g}")
    say("in another terminal:")
    say(f"  export IMAROUTER_BASE_URL=http://127.0.0.1:{port} IMAROUTER_API_KEY=sk-simulated")
    say("  export HAILUO_STORE=./store-simulated   # apart from the clips and the money of the real vendor")
    say("  hailuo run FILE                         # your campaign file")
    say(f"the invoice: http://127.0.0.1:{port}/_sim/invoice; stop with Ctrl-C")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(options, port=port))
    return ExitCode.COMPLETE
