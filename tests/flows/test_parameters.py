"""The fields of the run forms: what Prefect's server accepts for them, and what a flow makes of it."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from prefect.utilities.callables import parameter_schema
from prefect.utilities.schema_tools import is_valid_schema, validate
from pydantic import TypeAdapter, ValidationError

from hailuo.flows.ad_report import ad_report
from hailuo.flows.approve_campaign import approve_campaign
from hailuo.flows.machinery.parameters import Budget, CampaignForm
from hailuo.flows.nightly import nightly
from hailuo.flows.render_campaign import render_campaign

pytestmark = pytest.mark.slow  # imports Prefect

DUE_AT = datetime(2026, 11, 22, tzinfo=UTC)
BUDGETS = [
    (render_campaign, "budget_usd"),
    (approve_campaign, "budget_usd"),
    (nightly, "budget_usd_for_the_night"),
    (ad_report, "next_batch_budget_usd"),
]


def is_accepted(flow, field: str, value: object) -> bool:
    """What the server says of a form with this one field filled in."""
    schema = parameter_schema(flow).model_dump_for_openapi()
    is_valid_schema(schema)
    return not validate({field: value}, schema)


@pytest.mark.parametrize(("flow", "field"), BUDGETS, ids=lambda value: getattr(value, "name", value))
@pytest.mark.parametrize(
    ("typed", "budget"),
    [
        (40, "40"),
        (40.5, "40.5"),
        (0.1, "0.1"),
        ("40.00", "40.00"),
        ("0.01", "0.01"),
        (1_000_000, "1000000"),
        ("1000000.00", "1000000.00"),
    ],
)
def test_a_budget_arrives_digit_by_digit(flow, field, typed, budget):
    """Typed as a number or sent as text, it becomes a Decimal of the same digits."""
    assert is_accepted(flow, field, typed)
    assert str(TypeAdapter(Budget).validate_python(typed)) == budget


@pytest.mark.parametrize(("flow", "field"), BUDGETS, ids=lambda value: getattr(value, "name", value))
@pytest.mark.parametrize(
    "typed",
    [
        0,
        -1,
        0.0,
        1_000_000.01,
        "0",
        "0.00",
        "-1",
        "1000000.01",
        "1000001",
        "12345678",
        "",
        "many",
        "NaN",
        "1e3",
        True,
    ],
    ids=repr,
)
def test_a_budget_out_of_bounds_is_refused_by_the_server(flow, field, typed):
    """As a number and as text: the same bounds."""
    assert not is_accepted(flow, field, typed)


@pytest.mark.parametrize("typed", ["0", "-1", "1000000.01", "NaN", "Infinity", "many"])
def test_a_budget_out_of_bounds_is_refused_by_the_flow_too(typed):
    """Also where no server checked it: a flow that a program calls."""
    with pytest.raises(ValidationError):
        TypeAdapter(Budget).validate_python(typed)


@pytest.mark.parametrize(("flow", "field"), BUDGETS[:2], ids=lambda value: getattr(value, "name", value))
def test_a_form_that_is_handed_on_is_one_that_the_server_accepts(flow, field):
    """With every digit of the budget."""
    form = CampaignForm(campaign="", budget_usd=Decimal("40.10"), only=("take=1",), due_at=DUE_AT)
    handed_on = form.model_dump(mode="json")

    assert handed_on[field] == "40.10"
    assert not validate(handed_on, parameter_schema(flow).model_dump_for_openapi())
    assert CampaignForm(**handed_on) == form


@pytest.mark.parametrize(("flow", "field"), BUDGETS, ids=lambda value: getattr(value, "name", value))
def test_the_form_offers_a_number_first(flow, field):
    """What people see: a number of US dollars, the exact text, or nothing."""
    offered = parameter_schema(flow).model_dump_for_openapi()["properties"][field]["anyOf"]

    assert [one.get("title", one["type"]) for one in offered] == ["US dollars", "exact text", "null"]


@pytest.mark.parametrize(
    ("field", "typed", "accepted"),
    [
        ("campaign", "", True),
        ("campaign", "came-later.yaml", True),
        ("campaign", "SHEET.CSV", True),
        ("campaign", "came-later", False),
        ("campaign", "../spring.yaml", False),
        ("campaign", "folder/spring.yaml", False),
        ("campaign", "spring.mp4", False),
        ("edition", "", True),
        ("edition", "night-{date}", True),
        ("edition", "No Slug", False),
        ("edition", "night-{day}", False),
        ("only", [], True),
        ("only", ["model=MiniMax-Hailuo-02", "take=1"], True),
        ("only", ["model"], False),
        ("only", ["=2"], False),
        ("only", ["model="], False),
        ("machines", 33, False),
        ("machines", "many", False),
    ],
    ids=str,
)
@pytest.mark.parametrize("flow", [render_campaign, approve_campaign], ids=lambda flow: flow.name)
def test_a_slip_in_the_form_is_refused_before_a_run_begins(flow, field, typed, accepted):
    """By the server, in the form; a file that came after the deploy is none."""
    assert is_accepted(flow, field, typed) is accepted
