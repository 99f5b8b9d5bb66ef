"""docs/how-to/add-a-model.md is true word by word: from YAML to stored clips, and no code is touched."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from hailuo.campaign.files import load_campaign, load_catalog
from hailuo.errors import ExitCode
from hailuo.ledger.facts import JobState
from hailuo.simulator import ClipDetail, SimulatorOptions
from tests.support.worlds import World

PAGE = Path("docs/how-to/add-a-model.md").read_text(encoding="utf-8").partition("## A family with another")[2]
CATALOG, CAMPAIGN, COMMANDS = re.findall(r"```\w*\n(.*?)```", PAGE, re.DOTALL)


def written(folder: Path) -> tuple[Path, Path]:
    catalog, campaign = folder / "catalog.yaml", folder / "zeppelin.yaml"
    catalog.write_text(CATALOG, encoding="utf-8")
    campaign.write_text(CAMPAIGN, encoding="utf-8")
    return catalog, campaign


def test_the_invented_family_is_stored_and_costs_what_the_page_says(tmp_path: Path) -> None:
    """Ordered by its template, read by the same template, charged at the end by its formula."""
    path, file = written(tmp_path)
    catalog = load_catalog(path)
    loaded = load_campaign(file, catalog=catalog, at=datetime(2026, 11, 29, tzinfo=UTC))
    assert loaded.campaign, loaded.problems
    options = SimulatorOptions(catalog=catalog, clip_detail=ClipDetail.SMALL)
    world = World(catalog=catalog, options=options, campaign=loaded.campaign)

    report = world.run()

    assert [ending.state for ending in report.endings] == [JobState.STORED, JobState.STORED]
    assert [line.price_usd for line in world.simulator.invoice().lines] == [Decimal("0.60"), Decimal("0.40")]
    assert "The two clips cost $0.60 with sound and $0.40 without." in PAGE


def test_the_commands_of_the_page_take_the_family(hailuo, tmp_path, monkeypatch):
    """All but the run, which the other test makes in virtual time."""
    path, _ = written(tmp_path)
    monkeypatch.setenv("HAILUO_CATALOG", str(path))
    monkeypatch.setenv("HAILUO_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("IMAROUTER_API_KEY", "sk-test")
    monkeypatch.chdir(tmp_path)
    *lines, last = COMMANDS.strip().splitlines()

    results = [hailuo(*line.split()[1:]) for line in lines]

    assert last == "hailuo run zeppelin.yaml"
    assert [result.code for result in results] == [ExitCode.COMPLETE] * 3
    assert "setting audio: true, false (must be given)" in results[0].out
    assert all(price in results[2].out for price in ("$0.40", "$0.60", "$1.00"))
