"""The caps as users meet them: per run, per campaign, per month; and what a run gives back."""

import json
from decimal import Decimal

import pytest

from hailuo.ledger.processes import this_process
from hailuo.run.environment import RunEnvironment, within
from hailuo.simulator import FaultName, FaultPlan, ScriptedFault

pytestmark = pytest.mark.enable_socket


def capped(rehearsal, **caps) -> RunEnvironment:
    """The rehearsal with caps set."""
    settings = rehearsal.settings.model_copy(update=caps)
    return RunEnvironment(settings=settings, clock=rehearsal.clock)


def entries(tmp_path) -> list[dict]:
    folder = tmp_path / "store" / "money" / "v1"
    return [json.loads(path.read_text()) for path in sorted(folder.iterdir())]


def test_a_run_over_its_cap_is_refused_whole(hailuo, rehearsal, campaign):
    """$1.12 where one run may for $1.00; nothing is granted and nothing bought."""
    with within(capped(rehearsal, max_usd_per_run=Decimal("1.00"))):
        said = hailuo("run", campaign, "--yes")

    assert said.code == 2
    assert "HAILUO_MAX_USD_PER_RUN" in said.err
    assert "4 to buy" in hailuo("status", campaign).out


def test_a_month_over_its_cap_is_refused_whatever_the_edition(hailuo, rehearsal, campaign):
    """Two editions of $1.12 do not fit into $2.00."""
    with within(capped(rehearsal, max_usd_per_month=Decimal("2.00"))):
        first = hailuo("run", campaign, "--yes")
        second = hailuo("run", campaign, "--yes", "--edition", "second")

    assert (first.code, second.code) == (0, 2)
    assert "HAILUO_MAX_USD_PER_MONTH" in second.err
    assert "$1.12 is already spent" in second.err


def test_a_campaign_over_its_budget_is_refused_whatever_the_edition(hailuo, rehearsal, campaign):
    """`budget.campaign_usd` covers all editions."""
    campaign.write_text(campaign.read_text().replace("{usd: 5}", "{usd: 5, campaign_usd: 2}"))

    first = hailuo("run", campaign, "--yes")
    second = hailuo("run", campaign, "--yes", "--edition", "second")

    assert (first.code, second.code) == (0, 2)
    assert "the budget of the campaign is $2.00" in second.err


def test_a_run_grants_its_plan_and_closes_with_what_it_spent(hailuo, rehearsal, campaign, tmp_path):
    """One grant, one close; a second run that buys nothing takes none."""
    hailuo("run", campaign, "--yes")
    hailuo("run", campaign, "--yes")

    grant, close = entries(tmp_path)
    assert sum(map(Decimal, grant["prices"].values())) == Decimal("1.12")
    assert sum(map(Decimal, close["spent"].values())) == Decimal("1.12")
    assert grant["run"] == close["run"]


class TestAnUnknownSubmit:
    """One of four has no verdict."""

    @pytest.fixture
    def vendor(self):
        return {"faults": FaultPlan(script=(ScriptedFault(fault=FaultName.CHARGED_THEN_502, skip=3),))}

    def test_it_keeps_its_money_in_the_caps(self, hailuo, rehearsal, campaign, tmp_path):
        """Held is spent until somebody settles it."""
        hailuo("run", campaign, "--yes")

        _, close = entries(tmp_path)
        assert sum(map(Decimal, close["spent"].values())) == Decimal("1.12")


class TestARefusedSubmit:
    """One of four is refused by moderation."""

    @pytest.fixture
    def vendor(self):
        return {"faults": FaultPlan(script=(ScriptedFault(fault=FaultName.SENSITIVE_1026, skip=3),))}

    def test_its_money_is_free_again(self, hailuo, rehearsal, campaign, tmp_path):
        """A no costs nothing."""
        hailuo("run", campaign, "--yes")

        _, close = entries(tmp_path)
        assert sum(map(Decimal, close["spent"].values())) == Decimal("0.84")


@pytest.mark.parametrize(
    ("machine", "is_closed"),
    [("this", True), ("another", False), ("running", False)],
    ids=["died here", "of another machine", "still running"],
)
def test_a_run_that_died_here_blocks_no_cap(hailuo, rehearsal, campaign, tmp_path, machine, is_closed):
    """Its grant is closed by what its attempts cost; any other run keeps what it holds, and is named."""
    hailuo("run", campaign, "--yes", "--only", "model=MiniMax-Hailuo-02")
    for name in ("00000002",):
        (tmp_path / "store" / "money" / "v1" / name).unlink()  # it was killed before it could close
    path = tmp_path / "store" / "money" / "v1" / "00000001"
    grant = json.loads(path.read_text())
    own, number, start = grant["process"].rsplit("/", 2)
    assert grant["process"] == this_process()
    grant["prices"] = {**grant["prices"], "NEVERB0UGHT": "0.50"}
    names = {
        "this": f"{own}/{number}/{int(start) - 1}",
        "another": f"another/{number}/{start}",
        "running": grant["process"],
    }
    path.write_text(json.dumps({**grant, "process": names[machine], "run": "killed"}))

    with within(capped(rehearsal, max_usd_per_month=Decimal("1.90"))):
        said = hailuo("run", campaign, "--yes", "--edition", "second")

    assert said.code == (0 if is_closed else 2)
    if not is_closed:
        assert "not finished: run killed of small/main, begun at" in said.err
