"""Real processes, real SIGKILL: a run killed on the way, and the one that goes on."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.enable_socket]

CAMPAIGN = """\
campaign: killed
takes: 2
defaults: {size: 768p, duration: 6}
matrix:
  model: [MiniMax-Hailuo-02, MiniMax-Hailuo-2.3]
  prompt:
    - {id: stone, text: Perfume bottle on black stone}
    - {id: neon, text: Car under neon at night}
    - {id: table, text: Sneaker on a table in the morning}
budget: {usd: 20}
"""
JOBS = 12
FAMILIES = """\
campaign: killed-families
models:
  MiniMax-Hailuo-2.3: {duration: 6, shape: "16:9"}
  seedance-2.0-fast: {duration: 5, audio: false}
  kling-v3-omni-video: {duration: 5, audio: false}
fallback: [seedance-2.0-fast]
defaults: {size: hd}
matrix:
  shape: ["16:9", "9:16"]
  prompt: [{id: stone, text: Perfume bottle on black stone}, {id: neon, text: Car under neon at night}]
budget: {usd: 40}
"""
PATIENCE = 120  # seconds that an answer may take on a busy machine


@pytest.fixture
def vendor() -> Iterator[str]:
    """`hailuo simulate` in a process of its own, sixty times as fast; yields its address."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [*HAILUO, "simulate", "--port", str(port), "--speed", "60", "--small-clips"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        url = f"http://127.0.0.1:{port}"
        transport = httpx.HTTPTransport(retries=20)  # until it listens
        with httpx.Client(transport=transport, timeout=PATIENCE) as client:
            client.get(url).raise_for_status()
        yield url
        process.send_signal(signal.SIGINT)
        process.wait(timeout=20)


HAILUO = [sys.executable, "-c", "from hailuo.cli import main; main()"]


@pytest.fixture
def environment(vendor: str, tmp_path: Path) -> dict[str, str]:
    return {
        "PATH": os.defpath,
        "IMAROUTER_BASE_URL": vendor,
        "IMAROUTER_API_KEY": "sk-simulated",
        "HAILUO_STORE": str(tmp_path / "store"),
        "HAILUO_CHECKS": "off",
        "HAILUO_SUBMITS_PER_MINUTE": "300",
        "HAILUO_POLL_FIRST_SECONDS": "0.5",
        "HAILUO_POLL_EVERY_SECONDS": "0.3",
        "PYTHONUNBUFFERED": "1",
    }


@pytest.fixture
def campaign(tmp_path: Path) -> Path:
    path = tmp_path / "killed.yaml"
    path.write_text(CAMPAIGN)
    return path


def slowly(environment: dict[str, str]) -> dict[str, str]:
    """A submit in four seconds: the run is not over before the signal, however late that is sent."""
    return {**environment, "HAILUO_SUBMITS_PER_MINUTE": "15"}


def start(campaign: Path, environment: dict[str, str]) -> subprocess.Popen[str]:
    command = [*HAILUO, "run", str(campaign), "--yes"]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)  # noqa: S603


def end_after(process: subprocess.Popen[str], stored: int, number: signal.Signals) -> int:
    """Send the signal once so many clips are stored; give back the exit code."""
    assert process.stdout
    with process:
        lines = (line for line in process.stdout if line.endswith(" stored\n"))
        for _ in range(stored):
            next(lines)
        process.send_signal(number)
        process.stdout.read()
    return process.returncode


def test_a_run_killed_twice_charges_each_job_once(vendor, environment, campaign):
    """SIGKILL in the middle, twice; the third run finishes what was bought and buys the rest."""
    first = end_after(start(campaign, slowly(environment)), 3, signal.SIGKILL)
    second = end_after(start(campaign, slowly(environment)), 4, signal.SIGKILL)
    last = start(campaign, environment)
    out, _ = last.communicate(timeout=120)

    invoice = httpx.get(f"{vendor}/_sim/invoice", timeout=PATIENCE).json()
    assert (first, second) == (-signal.SIGKILL, -signal.SIGKILL)
    states = [line.split()[1] for line in out.splitlines() if " in doubt: " in line or " unknown: " in line]
    assert invoice["accepted"] + len(states) >= JOBS
    assert invoice["accepted"] <= JOBS
    bodies = [line["request_sha256"] for line in invoice["lines"]]
    assert max(bodies.count(body) for body in bodies) <= 2  # two takes of one variant send one body
    assert last.returncode == (1 if states else 0)


def test_a_night_of_families_killed_twice_renders_each_clip_and_each_substitute_once(
    vendor, environment, campaign
):
    """One family refuses every order: another renders them, and no kill makes it render one twice."""
    campaign.write_text(FAMILIES)
    refused = [{"fault": "sensitive_1026", "times": 999, "model": "kling-v3-omni-video"}]
    httpx.post(f"{vendor}/_sim/faults", json=refused, timeout=PATIENCE).raise_for_status()

    for _ in range(2):
        end_after(start(campaign, slowly(environment)), 1, signal.SIGKILL)
    last = start(campaign, environment)
    out, _ = last.communicate(timeout=PATIENCE)

    lines = httpx.get(f"{vendor}/_sim/invoice", timeout=PATIENCE).json()["lines"]
    models = [line["model"] for line in lines]
    doubtful = sum(" in doubt: " in line or " unknown: " in line for line in out.splitlines())
    assert last.returncode == 1, out  # the jobs of the family that refuses are not stored
    assert models.count("kling-v3-omni-video") == 0
    assert models.count("MiniMax-Hailuo-2.3") <= 2
    assert models.count("seedance-2.0-fast") <= 8
    assert len(lines) + doubtful >= 10


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=["SIGTERM", "a closed terminal"])
def test_a_signal_ends_in_good_order_and_the_next_run_goes_on(vendor, environment, campaign, number):
    """Exit 130 within the grace; every submit is on record, so nothing is in doubt afterwards."""
    code = end_after(start(campaign, slowly(environment)), 3, number)
    last = start(campaign, environment)
    out, _ = last.communicate(timeout=120)

    invoice = httpx.get(f"{vendor}/_sim/invoice", timeout=PATIENCE).json()
    assert code == 130
    assert last.returncode == 0, out
    assert f"{JOBS} of {JOBS} jobs are stored" in out
    assert invoice["accepted"] == JOBS


@pytest.mark.parametrize("output", ["full disk", "reader left", "closed terminal"])
def test_an_output_that_breaks_costs_nothing(vendor, environment, campaign, output):
    """The run goes on to its end, with the exit code of what it did, and nothing is left unknown."""
    campaign.write_text(campaign.read_text().replace("takes: 2", "takes: 1"))
    command = [*HAILUO, "run", str(campaign), "--yes"]
    with contextlib.ExitStack() as stack:
        if output == "full disk":
            stream = stack.enter_context(Path("/dev/full").open("w")).fileno()
        elif output == "reader left":
            reader, stream = os.pipe()
            os.close(reader)
        else:
            terminal, stream = os.openpty()
        process = subprocess.Popen(command, env=environment, stdout=stream, stderr=stream)  # noqa: S603
        if output != "full disk":
            os.close(stream)
        if output == "closed terminal":
            os.read(terminal, 1)
            os.close(terminal)
        code = process.wait(timeout=120)

    invoice = httpx.get(f"{vendor}/_sim/invoice", timeout=PATIENCE).json()
    stored = list(Path(environment["HAILUO_STORE"], "killed", "main", "clips").glob("*.mp4"))
    assert code == 0
    assert (invoice["accepted"], len(stored)) == (JOBS // 2, JOBS // 2)
