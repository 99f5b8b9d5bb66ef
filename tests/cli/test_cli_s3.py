"""The commands on a bucket: the whole job end to end, and every refusal before money is spent."""

import asyncio
import json
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from PIL import Image

from hailuo.run.environment import RunEnvironment, run_environment, within
from hailuo.settings import Settings
from hailuo.store import Store
from hailuo.store.open import open_store
from tests.support.commands import Command
from tests.support.rehearsals import accepted
from tests.support.servers.s3 import BUCKET, READER, S3Server

pytestmark = [pytest.mark.slow, pytest.mark.enable_socket]

FRAMED = """\
campaign: framed
defaults: {size: 768p, duration: 6}
takes: 2
matrix:
  model: [MiniMax-Hailuo-2.3-Fast]
  first_frame: [hero.png]
  prompt:
    - {id: stone, text: Perfume bottle on black stone}
    - {id: street, text: Perfume bottle on wet asphalt}
budget: {usd: 5}
"""


@pytest.fixture
def framed(tmp_path: Path) -> Path:
    """Four jobs that start from a local picture."""
    Image.new("RGB", (768, 1366), (90, 60, 30)).save(tmp_path / "hero.png")
    path = tmp_path / "framed.yaml"
    path.write_text(FRAMED)
    return path


@pytest.fixture
def bucket(
    rehearsal: RunEnvironment, seaweedfs: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Store]:
    """Every command of the test keeps its things below a prefix of its own."""
    for name, value in seaweedfs.environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    settings = named(rehearsal.settings, f"s3://{BUCKET}/{secrets.token_hex(6)}")
    with within(replace(rehearsal, settings=settings)):
        yield open_store(settings)


def named(settings: Settings, store: str) -> Settings:
    return settings.model_copy(update={"store": store})


def keys(store: Store, prefix: str) -> list[str]:
    return [entry.key for entry in asyncio.run(store.listing(prefix))]


def test_a_campaign_is_rendered_into_a_bucket_once(
    hailuo: Command, rehearsal: RunEnvironment, bucket: Store, framed: Path
) -> None:
    """The vendor fetches the first frame by a signed link; run again, nothing is bought."""
    first = hailuo("run", framed, "--yes")
    second = hailuo("run", framed, "--yes")

    assert (first.code, second.code) == (0, 0), first
    assert "4 of 4 jobs are stored" in first.out
    assert "nothing was bought" in second.out
    assert accepted(rehearsal) == 4
    assert len(keys(bucket, "framed/main/clips/")) == 4
    assert len(keys(bucket, "framed/main/frames/")) == 1


def test_the_manifest_is_rebuilt_from_the_bucket_alone(hailuo: Command, bucket: Store, framed: Path) -> None:
    """With the campaign file gone; clips are named by the bucket's address, without any signature."""
    hailuo("run", framed, "--yes")
    asyncio.run(bucket.put("framed/main/manifest/manifest.jsonl", b"lost", content_type="text/plain"))
    framed.unlink()

    said = hailuo("manifest", "framed/main")

    lines = asyncio.run(bucket.read("framed/main/manifest/manifest.jsonl")).decode().splitlines()
    assert said.code == 0
    assert {json.loads(line)["s3_uri"] for line in lines} == {
        f"{bucket.uri}/{key}" for key in keys(bucket, "framed/main/clips/")
    }
    assert "X-Amz" not in "".join(lines)


def test_a_shared_gallery_opens_without_credentials_and_says_until_when(
    hailuo: Command, bucket: Store, framed: Path
) -> None:
    """Page and clips by signed links; neither the manifest nor the ordinary gallery has one."""
    hailuo("run", framed, "--yes")

    said = hailuo("manifest", framed, "--presign", "24")

    url = next(line for line in said.out.splitlines() if line.startswith("http"))
    page = httpx.get(url)
    links = set(re.findall(r'href="(http[^"]+)"', page.text))
    assert page.status_code == 200
    assert "clips open until" in page.text
    assert re.search(r"until \d{4}-\d\d-\d\d \d\d:\d\d UTC", said.out)
    assert [httpx.get(link.replace("&amp;", "&")).status_code for link in links] == [200] * 4
    others = [*keys(bucket, "framed/main/manifest/"), "framed/main/gallery.html"]
    assert not [key for key in others if b"X-Amz" in asyncio.run(bucket.read(key))]


def test_a_folder_has_no_links_to_share(hailuo: Command, rehearsal: RunEnvironment, campaign: Path) -> None:
    """Said, not ignored."""
    hailuo("run", campaign, "--yes")

    said = hailuo("manifest", campaign, "--presign", "24")

    assert said.code == 2
    assert "--presign" in said.err


REFUSED = {
    "a missing bucket": ("s3://no-such-bucket/x", {}, "does not exist"),
    "an unknown key": (f"s3://{BUCKET}/x", {"AWS_ACCESS_KEY_ID": "AKNOBODY"}, "not known"),
    "a wrong secret": (f"s3://{BUCKET}/x", {"AWS_SECRET_ACCESS_KEY": "guessed"}, "does not belong"),
    "a missing profile": (f"s3://{BUCKET}/x", {"AWS_PROFILE": "nobody-has-this"}, "nobody-has-this"),
    "an endpoint without https": (f"s3://{BUCKET}/x", {"AWS_ENDPOINT_URL_S3": "localhost"}, "localhost"),
}


def refused(hailuo: Command, monkeypatch: pytest.MonkeyPatch, why: str, *command: str | Path) -> None:
    """One line that names the variable and the reason; exit 2, no traceback, nothing bought."""
    store, different, reason = REFUSED[why]
    for name, value in different.items():
        monkeypatch.setenv(name, value)
    place = run_environment()

    with within(replace(place, settings=named(place.settings, store))):
        said = hailuo(*command)

    assert said.code == 2
    assert said.err.startswith("HAILUO_STORE: ")
    assert reason in said.err
    assert len(said.err.splitlines()) == 1
    assert accepted(place) == 0


@pytest.mark.usefixtures("bucket")
@pytest.mark.parametrize("why", REFUSED)
def test_a_store_that_cannot_be_read_is_refused(
    hailuo: Command, campaign: Path, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    """Before there is a plan: an unreadable ledger is not an empty one."""
    refused(hailuo, monkeypatch, why, "plan", campaign)


@pytest.mark.usefixtures("bucket")
@pytest.mark.parametrize("command", [["run", "--yes"], ["status"], ["manifest"]], ids=" ".join)
def test_every_command_refuses_a_bucket_that_is_missing(
    hailuo: Command, campaign: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    """With the same words."""
    refused(hailuo, monkeypatch, "a missing bucket", *command, campaign)


def test_credentials_that_may_only_read_are_refused_before_money_is_spent(
    hailuo: Command, rehearsal: RunEnvironment, bucket: Store, campaign: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They may plan."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", READER[0])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", READER[1])

    planned = hailuo("plan", campaign)
    refused = hailuo("run", campaign, "--yes")

    assert planned.code == 0
    assert refused.code == 2
    assert refused.err.startswith("HAILUO_STORE: ")
    assert "do not allow it" in refused.err
    assert accepted(rehearsal) == 0


def test_links_that_end_with_a_session_are_told_in_the_plan(
    hailuo: Command, bucket: Store, framed: Path, ministack: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A presigned link dies with the temporary credentials that signed it."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", ministack.url)
    before = hailuo("plan", framed)
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")

    after = hailuo("plan", framed)

    assert "end with this session" not in before.out
    assert "HAILUO_STORE: the links to local first frames end with this session" in after.out


def test_the_gallery_of_a_bucket_opens_by_a_signed_link(
    hailuo: Command, bucket: Store, framed: Path, tmp_path: Path
) -> None:
    """The browser gets a link that works without the bucket's keys; --serve is for folders and says so."""
    before = hailuo("open", framed)
    hailuo("run", framed, "--yes", "--only", "prompt=stone", "--only", "take=1")
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf "%s" "$1" > {tmp_path}/seen\n')
    browser.chmod(0o755)
    env = {**os.environ, "HAILUO_STORE": bucket.uri, "BROWSER": str(browser)}  # noqa: TID251 (a child's)
    command = [sys.executable, "-c", "from hailuo.cli import main; main()", "open", str(framed)]

    said = subprocess.run(command, env=env, capture_output=True, text=True, check=True)  # noqa: S603
    served = hailuo("open", framed, "--serve")

    assert (before.code, served.code) == (2, 2)
    assert "holds no gallery of framed/main" in before.err
    assert "--serve is for a folder" in served.err
    link = (tmp_path / "seen").read_text()
    assert said.stdout.strip() == link
    page = httpx.get(link)
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "framed" in page.text
