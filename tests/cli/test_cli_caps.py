"""The caps as users meet them: per run, per campaign, per month; and what a run gives back."""

import json
from decimal import Decimal

import pytest

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
