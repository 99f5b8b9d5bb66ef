"""`hailuo ls` and `hailuo open`: what the store holds, and the page to look at."""

import json
import os
import re
import signal
import subprocess
import sys

import httpx
import pytest

from hailuo.publish.serving import serving
from hailuo.store.layout import Edition

HAILUO = (sys.executable, "-u", "-c", "from hailuo.cli import main; main()")

pytestmark = pytest.mark.enable_socket


def test_every_edition_of_the_store_is_listed(hailuo, rehearsal, campaign):
    """Its states and its money, as status and money have them."""
    hailuo("run", campaign, "--yes", "--only", "model=MiniMax-Hailuo-02")
    hailuo("run", campaign, "--yes", "--edition", "second")

    said, document = hailuo("ls"), json.loads(hailuo("ls", "--json").out)

    assert said.code == 0
    assert re.search(r"small/main +2 +0 +0 +0 +2 +\$0.56 +\$0.00", said.out)
    assert re.search(r"small/second +4 +0 +0 +0 +0 +\$1.12 +\$0.00", said.out)
    assert "1 campaign, 2 editions" in said.out
    assert [(one["edition"], one["jobs"], one["spent_usd"]) for one in document["editions"]] == [
        ("main", 4, "0.56"),
        ("second", 4, "1.12"),
    ]


def test_the_keys_of_the_list_are_those_that_were_published(hailuo, rehearsal, campaign):
    """A key more is a line in CHANGELOG.md, a key less breaks scripts."""
    hailuo("run", campaign, "--yes", "--only", "model=MiniMax-Hailuo-02")

    [edition] = json.loads(hailuo("ls", "small", "--json").out)["editions"]

    assert sorted(edition) == [
        "admitted_at",
        "campaign",
        "edition",
        "gallery",
        "jobs",
        "reserved_usd",
        "spent_usd",
        "states",
        "trouble",
        "unknown_usd",
    ]


def test_an_empty_store_lists_nothing_and_stays_empty(hailuo, rehearsal, tmp_path):
    """Reading makes no folder; a campaign that never ran is refused."""
    said, named = hailuo("ls"), hailuo("ls", "small")

    assert (said.code, named.code) == (0, 2)
    assert "nothing ever ran" in said.out
    assert not (tmp_path / "store").exists()


def test_open_gives_the_gallery_to_the_browser(hailuo, rehearsal, campaign, tmp_path):
    """By the file, or by CAMPAIGN/EDITION; the address is printed too."""
    hailuo("run", campaign, "--yes", "--only", "model=MiniMax-Hailuo-02")
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf "%s" "$1" > {tmp_path}/seen\n')
    browser.chmod(0o755)
    env = {**os.environ, "HAILUO_STORE": str(tmp_path / "store"), "BROWSER": str(browser)}  # noqa: TID251 (a child's)

    said = subprocess.run(  # noqa: S603
        [*HAILUO, "open", "small/main"],
        capture_output=True,
        text=True,
        env=env,
        check=True,
    )

    page = tmp_path / "store" / "small" / "main" / "gallery.html"
    assert said.stdout.strip() == page.as_uri()
    assert (tmp_path / "seen").read_text() == page.as_uri()


def test_without_a_gallery_open_says_what_to_do(hailuo, rehearsal, campaign):
    """Nothing ran: exit 2."""
    said = hailuo("open", campaign)

    assert said.code == 2
    assert "hailuo manifest small/main" in said.err


def test_a_served_gallery_can_seek(tmp_path):
    """A range of a clip is answered with 206 and just these bytes; another host's name is refused."""
    served = tmp_path / "served"
    served.mkdir()
    (served / "clip.mp4").write_bytes(bytes(range(100)))
    (tmp_path / "secret.txt").write_text("secret")

    with serving(served) as url:
        part = httpx.get(f"{url}/clip.mp4", headers={"Range": "bytes=10-19"})
        end = httpx.get(f"{url}/clip.mp4", headers={"Range": "bytes=-5"})
        beyond = httpx.get(f"{url}/clip.mp4", headers={"Range": "bytes=200-"})
        foreign = httpx.get(f"{url}/clip.mp4", headers={"Host": "example.com"})
        above = httpx.get(f"{url}/%2e%2e/secret.txt")

    assert (part.status_code, part.content) == (206, bytes(range(10, 20)))
    assert part.headers["content-range"] == "bytes 10-19/100"
    assert (end.status_code, end.content) == (206, bytes(range(95, 100)))
    assert (beyond.status_code, foreign.status_code) == (416, 400)
    assert "secret" not in above.text


def test_ctrl_c_ends_the_server(hailuo, rehearsal, campaign, tmp_path):
    """With exit code 0, and the port is free again."""
    hailuo("run", campaign, "--yes", "--only", "model=MiniMax-Hailuo-02")
    env = {**os.environ, "HAILUO_STORE": str(tmp_path / "store"), "BROWSER": "true"}  # noqa: TID251 (a child's)
    command = [*HAILUO, "open", "small/main", "--serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as server:  # noqa: S603
        assert server.stdout
        address = server.stdout.readline().strip()
        seen = httpx.get(address)
        server.stdout.readline()
        server.send_signal(signal.SIGINT)
        code = server.wait(timeout=30)

    assert seen.status_code == 200
    assert seen.text.startswith("<!doctype html>")
    assert code == 0


@pytest.mark.parametrize(
    ("key", "edition"),
    [
        ("small/main/plan.json", "small/main"),
        ("small/main/clips/0123456789.mp4", "small/main"),
        ("small/main/manifest/manifest.jsonl", None),
        ("small/main/reports/plan.json", None),
        ("money/v1/000001", None),
        ("plan.json", None),
    ],
)
def test_an_edition_ran_if_a_plan_was_admitted_or_something_was_bought(key, edition):
    """What lies beside it says nothing."""
    found = Edition.that_ran(key)

    assert (str(found) if found else None) == edition
