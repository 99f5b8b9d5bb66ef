"""`hailuo report`: what it says, what it writes, and how it ends."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from hailuo.campaign.expand import expand
from hailuo.campaign.files import load_campaign, load_catalog
from hailuo.run.environment import RunEnvironment, within
from hailuo.settings import Settings
from hailuo.store import FolderStore
from hailuo.testing import VirtualClock
from tests.report.editions import keep_edition, meta_export, prepared_from

pytestmark = pytest.mark.enable_socket  # the command has a loop of its own


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def shop(tmp_path: Path, clock: VirtualClock) -> Iterator[Path]:
    """A folder with a rendered campaign, and two weeks of Meta's results beside it."""
    store = FolderStore(tmp_path / "store")
    jobs = clock.run(keep_edition(store, clock, prepared_from(tmp_path / "launch.yaml")))
    (tmp_path / "meta.csv").write_bytes(meta_export(jobs))
    settings = Settings(store=str(tmp_path / "store"), campaigns=tmp_path)
    with within(RunEnvironment(settings=settings, clock=clock)):
        yield tmp_path


def test_the_verdict_stands_first(hailuo, shop):
    """What won and how sure that is, then the data, then what to render next, then where everything lies."""
    said = hailuo("report", shop / "launch.yaml", shop / "meta.csv")

    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[0].startswith("Meta, CTR: ")
    assert "dawn" in lines[0]
    assert any(
        line.startswith("data: 168 of 168 rows and 100.0% of the spend found their creative")
        for line in lines
    )
    assert any(line.startswith("next batch: ") for line in lines)
    assert lines[-1].endswith("report.html")
    assert Path(lines[-1]).is_file()


def test_exports_of_other_ads_are_no_success(hailuo, shop):
    """No row found its creative: exit code 1, with what to do; the report that says so is written."""
    rows = re.sub(r"HV-[0-9A-Z]{10}", "HV-another", (shop / "meta.csv").read_text(encoding="utf-8-sig"))
    (shop / "meta.csv").write_text(rows)

    said = hailuo("report", shop / "launch.yaml", shop / "meta.csv")
    as_json = hailuo("report", shop / "launch.yaml", shop / "meta.csv", "--json")

    assert (said.code, as_json.code) == (1, 1)
    assert "data: 0 of 168 rows" in said.out
    assert "none of 168 rows found its creative" in said.err
    assert "--ads" in said.err
    assert json.loads(as_json.out)["findings"]


def test_a_second_look_writes_nothing_and_says_so(hailuo, shop):
    """The same exports: the verdict is told again from the report that is there; --again makes another."""
    hailuo("report", shop / "launch.yaml", shop / "meta.csv")

    second = hailuo("report", shop / "launch.yaml", shop / "meta.csv")
    third = hailuo("report", shop / "launch.yaml", shop / "meta.csv", "--again")

    assert "nothing new since the report of 2026-11-22 22:00 UTC; --again writes another" in second.out
    assert "nothing is new" not in third.out
    assert len(list((shop / "store/launch/main/reports").iterdir())) == 2


def test_the_next_batch_can_be_rendered(hailuo, shop):
    """--next writes a campaign file that `hailuo validate` accepts, within the budget."""
    wanted = shop / "launch-next.yaml"
    said = hailuo("report", shop / "launch.yaml", shop / "meta.csv", "--next", wanted, "--budget", "4")

    validated = hailuo("validate", wanted)

    assert said.code == validated.code == 0
    assert f"the next batch: {wanted}" in said.out
    plan = json.loads(hailuo("plan", wanted, "--json").out)
    assert 0 < float(plan["money"]["planned_usd"]) <= 4
    assert plan["edition"] == "next-2026-11-22-2200"


def test_everything_for_machines(hailuo, shop):
    """--json has the findings as findings.json has them, and where the report lies."""
    said = json.loads(hailuo("report", shop / "launch.yaml", shop / "meta.csv", "--json").out)

    kept = json.loads((Path(said["folder"]) / "findings.json").read_text())
    assert said["findings"] == kept
    assert (said["is_new"], said["next_file"]) == (True, None)


def test_results_may_lie_in_the_store(hailuo, shop):
    """Without RESULTS the edition's exports/ is read; CAMPAIGN/EDITION serves where the file is gone."""
    exports = shop / "store/launch/main/exports"
    exports.mkdir()
    (shop / "meta.csv").rename(exports / "meta.csv")

    said = hailuo("report", "launch/main")

    assert said.code == 0
    assert "Name the campaign file" in said.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("launch.yaml",), "has no export of an ad platform"),
        (("launch.yaml", "nowhere.csv"), "nowhere.csv: cannot be read"),
        (("launch.yaml", "launch.yaml"), "launch.yaml"),
        (("launch.yaml", "meta.csv", "--edition", "other"), "holds no run of launch, edition other"),
        (("launch.yaml", "meta.csv", "--metric", "completion"), "'completion' is not one of"),
        (("launch.yaml", "meta.csv", "--design", "guess"), "'guess' is not one of"),
        (("launch.yaml", "meta.csv", "--relevant-lift", "much"), "is not a share such as 10% or 0.1"),
        (("launch.yaml", "meta.csv", "--relevant-lift", "0%"), "the smallest lift that matters is 0"),
        (("launch.yaml", "meta.csv", "--ads", "nowhere.csv"), "nowhere.csv: cannot be read"),
        (("launch.yaml", "meta.csv", "--mapping", "launch.yaml"), "is no TOML"),
        (("launch.yaml", "meta.csv", "--next", "launch.yaml"), "launch.yaml: is there already"),
        (("gone.yaml", "meta.csv"), "gone.yaml"),
        (("launch.yaml", "meta.csv", "--edition", "Second Night"), "edition is 'Second Night'"),
    ],
)
def test_what_cannot_be_used_is_refused(hailuo, shop, monkeypatch, arguments, message):
    """Exit code 2, a message that says what to do, and no report."""
    monkeypatch.chdir(shop)

    said = hailuo("report", *arguments)

    assert said.code == 2
    assert message in said.err
    assert not (shop / "store/launch/main/reports").exists()


def test_hostile_names_steer_no_terminal(hailuo, shop):
    """An export is somebody else's text: what it says about itself is shown, not obeyed."""
    hostile = "Evil \x1b]0;owned\x07[red]ad[/red]"
    (shop / "bad.csv").write_text(f"Ad name,Impressions\n{hostile},abc\n")
    rows = (shop / "meta.csv").read_text().splitlines()
    stranger = rows[1].split(",")
    stranger[4:6] = [hostile, "77"]
    (shop / "meta.csv").write_text("\n".join([*rows, ",".join(stranger)]))

    told = hailuo("report", shop / "launch.yaml", shop / "meta.csv")
    refused = hailuo("report", shop / "launch.yaml", shop / "bad.csv")

    assert "\x1b" not in told.out + refused.err
    assert (told.code, refused.code) == (0, 2)


def test_the_next_batch_is_exactly_what_was_proposed(hailuo, shop, clock):
    """Row by row: the same combinations, each as often as the table says."""
    wanted = shop / "next.yaml"
    said = json.loads(
        hailuo("report", shop / "launch.yaml", shop / "meta.csv", "--next", wanted, "--json").out
    )

    campaign = load_campaign(wanted, catalog=load_catalog(), at=clock.now()).campaign
    assert campaign is not None
    jobs = expand(campaign, load_catalog()).jobs
    proposed = [row for row in said["findings"]["proposal"]["rows"] if row["takes"]]
    axes = sorted(proposed[0]["cell"])
    assert sorted(tuple(job.levels[axis] for axis in axes) for job in jobs) == sorted(
        tuple(row["cell"][axis] for axis in axes) for row in proposed for _ in range(row["takes"])
    )
