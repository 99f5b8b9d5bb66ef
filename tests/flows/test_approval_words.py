"""The texts of an approval: the question with the plan and its price, and the record of the answer."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from inline_snapshot import snapshot
from prefect.client.schemas.objects import FlowRun
from prefect.settings import PREFECT_API_URL, PREFECT_UI_URL, temporary_settings

from hailuo.flows.ui.approval import Approval, approval_page, question
from hailuo.flows.ui.markdown import bullets, escaped
from hailuo.ledger.ledger import Ledger
from hailuo.plan.plan import Plan, make_plan
from hailuo.plan.prepare import CampaignRequest, prepare
from hailuo.settings import Settings
from hailuo.testing import MemoryStore, VirtualClock

pytestmark = pytest.mark.slow  # imports Prefect

NIGHT = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
RUN = UUID("6f0d2f2e-0000-4000-8000-000000000000")
CAMPAIGN = """\
campaign: launch
takes: 2
defaults: {size: 768p}
matrix:
  model: [MiniMax-Hailuo-02, MiniMax-Hailuo-2.3-Fast]
  duration: [6, 10]
  prompt:
    - {id: stone, text: "Perfume bottle on black stone [Wild pan]"}
illegal: skip
budget: {usd: 5}
"""


@pytest.fixture
def plan() -> Plan:
    """Two legal cells of four, and a camera move that the vendor does not list."""
    clock = VirtualClock()
    prepared = prepare(CampaignRequest(path=Path("launch.yaml"), at=NIGHT, text=CAMPAIGN), Settings())
    campaign = prepared.require_campaign()
    ledger = Ledger(MemoryStore(clock), clock, campaign.this_edition, worker="w")
    asyncio.run(ledger.load())
    return make_plan(campaign, prepared.expansion, ledger, prepared.catalog)


def page_of(plan: Plan, answer: Approval, *, is_joined: bool = False) -> str:
    run = FlowRun(id=RUN, flow_id=RUN, name="launch · main")
    return approval_page(plan, answer, run, is_joined=is_joined, at=NIGHT)


def test_the_question_is_the_bill_and_all_that_is_odd_about_it(plan):
    """Clips, price, budget, digest, warnings, and what is left out by which rule."""
    assert question(plan).replace(plan.digest[:12], "DIGEST") == snapshot("""\
**launch, edition main: 4 clips to buy for $1.68.**

The edition would then have cost $1.68 ($0.00 spent, $0.00 reserved), of a budget of $5.00. Plan `DIGEST`.

**Warnings**

- launch\\.yaml\\:5\\: no clip has model 'MiniMax\\-Hailuo\\-2\\.3\\-Fast'\\: all of its 2 combinations are skipped; change what it is combined with, or delete it
- launch\\.yaml\\:8\\: '\\[Wild pan\\]' is not a camera command of the family minimax; say it in plain words, or use a command of the catalog

**Left out, because the vendor does not offer it**

- MiniMax\\-Hailuo\\-2\\.3\\-Fast needs a first frame \\(2 combinations\\)\
""")


def test_the_record_says_who_when_what_and_the_run(plan):
    """Readable by itself a year later."""
    answer = Approval(approve="yes", approved_by="Ann Buyer", note="go ahead")

    with temporary_settings(restore_defaults={PREFECT_API_URL, PREFECT_UI_URL}):
        page = page_of(plan, answer)

    assert page.replace(plan.digest, "DIGEST") == snapshot("""\
# Approved by Ann Buyer

2026-11-22 01:00:00 UTC: 4 clips of launch, edition main, for $1.68.

Plan `DIGEST`

> go ahead

Started: `6f0d2f2e-0000-4000-8000-000000000000`\
""")


def test_the_run_is_linked_where_the_address_of_the_ui_is_known(plan):
    """One click from the approval to what it started."""
    answer = Approval(approve="yes", approved_by="Ann")

    with temporary_settings({PREFECT_UI_URL: "http://127.0.0.1:4200"}):
        page = page_of(plan, answer)

    assert f"Started: [launch · main](<http://127.0.0.1:4200/runs/flow-run/{RUN}>)" in page


def test_what_a_person_typed_is_no_markup(plan):
    """A name and a note in which everything that Markdown and HTML know is tried."""
    tricks = "<img src=x> [pay](https://evil.example) | **all** `x`\n# Approved by Bo\n- www.evil.example"
    answer = Approval(approve="yes", approved_by="# [Bo](http://x)", note=tricks)

    page = page_of(plan, answer, is_joined=True)

    assert [line for line in page.splitlines() if line.startswith(("#", "-", "<", "|"))] == [
        page.split("\n")[0]
    ]
    assert not any(mark in page for mark in ["<img", "](http", "https://", "www.", "**all", " | "])
    assert "Joined" in page


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\tc", "a b c"),
        ("<b> & co", "&lt;b\\> &amp; co"),
        ("1. x", "1\\. x"),
        ("a_b*c|d", "a\\_b\\*c\\|d"),
        ("\x1b[31m", "\N{REPLACEMENT CHARACTER}\\[31m"),
    ],
)
def test_text_is_shown_as_it_was_written(text, shown):
    """On one line, every steering character escaped, control characters made visible."""
    assert escaped(text) == shown


def test_a_long_list_is_cut_and_counted():
    """Nobody reads the thousandth warning."""
    assert bullets(["a", "b", "c"], at_most=2) == "- a\n- b\n- ... and 1 more"
