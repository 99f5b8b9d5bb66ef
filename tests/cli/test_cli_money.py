"""The ledger as money: what `status` and `money` say of estimates, refunds, retries and the month."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from hailuo.run.environment import RunEnvironment, within
from hailuo.simulator import FaultName, FaultPlan, ScriptedFault

pytestmark = pytest.mark.enable_socket


def amounts(row: dict, *names: str) -> list[Decimal]:
    return [Decimal(row[name]) for name in names]


class TestOneRefundedAndOneUnknown:
    """Of four jobs one fails, is refunded and bought again; the answer for another is lost."""

    @pytest.fixture
    def vendor(self):
        script = (
            ScriptedFault(fault=FaultName.FAILED_OBJECT, skip=1),
            ScriptedFault(fault=FaultName.CHARGED_THEN_502, skip=3),
        )
        return {"faults": FaultPlan(script=script)}

    def test_status_sets_the_estimate_beside_the_actual(self, hailuo, rehearsal, campaign):
        """Per cell and in all; with the refund, the retry it allowed, and how many are allowed."""
        hailuo("run", campaign, "--yes")

        said = hailuo("status", campaign).out

        assert "estimated and spent" in said
        assert "MiniMax-Hailuo-2.3 6 s 768p" in said
        assert "1 refund: $0.28 came back" in said
        assert "1 paid retry after a failure; at most 1 for each job" in said
        assert "$0.28 of the amount reserved is for submits with unknown outcome" in said

    def test_status_for_machines_has_the_cells(self, hailuo, rehearsal, campaign):
        """They add up to the plan's money, and the finished job's refund is not forgotten."""
        hailuo("run", campaign, "--yes")

        document = json.loads(hailuo("status", campaign, "--json").out)

        columns = ("estimate_usd", "spent_usd", "reserved_usd", "refunded_usd")
        sums = [
            sum(column)
            for column in zip(*(amounts(cell, *columns) for cell in document["cells"]), strict=True)
        ]
        assert (
            sums
            == amounts(document["total"], *columns)
            == [Decimal(n) for n in ("0.84", "0.84", "0.28", "0.28")]
        )
        assert amounts(document["money"], "spent_usd", "reserved_usd") == sums[1:3]
        assert sorted(job["paid_retries"] for job in document["jobs"]) == [0, 0, 0, 1]

    def test_every_view_of_money_has_the_same_total(self, hailuo, rehearsal, campaign):
        """By edition, cell, day, month and job."""
        hailuo("run", campaign, "--yes")

        document = json.loads(hailuo("money", campaign, "--json").out)

        for view in ("editions", "cells", "days", "months", "jobs"):
            assert sum(Decimal(row["spent_usd"]) for row in document[view]) == Decimal("0.84"), view
            assert sum(Decimal(row["reserved_usd"]) for row in document[view]) == Decimal("0.28"), view
        fates = [attempt["money"] for job in document["jobs"] for attempt in job["attempts"]]
        assert sorted(fates) == ["charged", "charged", "charged", "refunded", "unknown"]

    @pytest.mark.parametrize("view", ["edition", "cell", "day", "month", "job"])
    def test_every_view_is_a_table_with_the_total(self, hailuo, rehearsal, campaign, view):
        """And the month, over all campaigns of the store."""
        hailuo("run", campaign, "--yes")

        said = hailuo("money", campaign, "--by", view)

        assert said.code == 0
        (total,) = (line for line in said.out.splitlines() if line.strip().startswith("total"))
        assert total.split()[1:8] == ["4", "$0.84", "$0.84", "$0.00", "0.0", "%", "$0.28"]
        assert "all campaigns of the store: $1.12 spent, reserved or granted" in said.out


class TestOneFailureAndNoRun:
    """One of four fails and is refunded; the campaign allows no retry, then one."""

    @pytest.fixture
    def vendor(self):
        return {"faults": FaultPlan(script=(ScriptedFault(fault=FaultName.FAILED_OBJECT, skip=1),))}

    def test_the_plan_counts_the_paid_retries_it_would_make(self, hailuo, rehearsal, campaign):
        """Of how many are allowed; and the manifest prices the clip that is still to buy."""
        text = campaign.read_text()
        campaign.write_text(f"{text}retries: {{failed: 0}}\n")
        assert hailuo("run", campaign, "--yes").code == 1
        campaign.write_text(text)

        said = hailuo("plan", campaign)

        assert "1 job to buy again, failed and refunded: paid retry 1 of at most 1" in said.out


def test_money_is_told_over_all_editions_or_of_one(hailuo, rehearsal, campaign):
    """Of the file's campaign; by CAMPAIGN/EDITION where the file is gone."""
    hailuo("run", campaign, "--yes")
    hailuo("run", campaign, "--yes", "--edition", "second")

    everything, one, named = (
        json.loads(hailuo("money", *words, "--json").out)
        for words in ([campaign], [campaign, "--edition", "second"], ["small/second"])
    )

    assert [row["edition"] for row in everything["editions"]] == ["main", "second"]
    assert (everything["total"]["spent_usd"], one["total"]["spent_usd"]) == ("2.24", "1.12")
    assert named == one


def test_the_month_is_told_against_its_cap(hailuo, rehearsal, campaign):
    """What the cap counts, and the cap."""
    settings = rehearsal.settings.model_copy(update={"max_usd_per_month": Decimal(20)})
    with within(RunEnvironment(settings=settings, clock=rehearsal.clock)):
        hailuo("run", campaign, "--yes")

        said = hailuo("money", campaign).out

    assert "$1.12 spent, reserved or granted; of at most $20.00" in said


def test_money_that_was_never_spent_is_refused_with_a_remedy(hailuo, rehearsal, campaign):
    """Perhaps it is another store."""
    said = hailuo("money", campaign)

    assert (said.code, said.out) == (2, "")
    assert "nothing was ever bought for small" in said.err
    assert "HAILUO_STORE" in said.err


def test_deleted_grants_are_a_finding_of_the_statement(hailuo, rehearsal, campaign):
    """The statement is read from the ledger, so it answers; text and JSON name the gap and what to do."""
    for _ in range(2):
        hailuo("run", campaign, "--yes", "--edition", f"e{_}")
    [first, *_] = sorted(Path(rehearsal.settings.store).glob("money/v1/0*"))
    first.unlink()

    said, document = hailuo("money", campaign), json.loads(hailuo("money", campaign, "--json").out)

    assert said.code == 0
    assert "warning: money/v1/: has gaps: grants were deleted; restore them" in said.out
    assert document["findings"] == [
        {
            "key": "money/v1/",
            "reason": "has gaps: grants were deleted",
            "remedy": "restore them before anything is bought",
        }
    ]
