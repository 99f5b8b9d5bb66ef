"""The fields of the run forms: what Prefect's server accepts for them, and what a flow makes of it."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from prefect.utilities.callables import parameter_schema
from prefect.utilities.schema_tools import is_valid_schema, validate
from pydantic import TypeAdapter, ValidationError

from hailuo.flows.ad_report import ad_report
from hailuo.flows.approve_campaign import approve_campaign
from hailuo.flows.machinery.parameters import OFFERS, CampaignForm, Dollars, Picking, offered
from hailuo.flows.nightly import nightly
from hailuo.flows.reconcile import reconcile
from hailuo.flows.render_campaign import render_campaign
from hailuo.flows.render_shard import render_shard
from hailuo.settings import load_settings

pytestmark = pytest.mark.slow  # imports Prefect

DUE_AT = datetime(2026, 11, 22, tzinfo=UTC)
BUDGETS = [
    (render_campaign, "budget_usd"),
    (approve_campaign, "budget_usd"),
    (nightly, "budget_usd_for_the_night"),
    (ad_report, "next_batch_budget_usd"),
]


def is_accepted(flow, field: str, value: object) -> bool:
    """What the server says of a form with this field and the required ones filled in."""
    schema = parameter_schema(flow).model_dump_for_openapi()
    is_valid_schema(schema)
    required = {"campaign": "spring.yaml"} if "campaign" in schema.get("required", ()) else {}
    return not validate({**required, field: value}, schema)


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
    assert str(TypeAdapter(Dollars).validate_python(typed)) == budget


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
        TypeAdapter(Dollars).validate_python(typed)


@pytest.mark.parametrize(("flow", "field"), BUDGETS[:2], ids=lambda value: getattr(value, "name", value))
def test_a_form_that_is_handed_on_is_one_that_the_server_accepts(flow, field):
    """With every digit of the budget."""
    form = CampaignForm(campaign="spring.yaml", budget_usd=Decimal("40.10"), only=("take=1",), due_at=DUE_AT)
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
        ("campaign", "", False),
        ("campaign", " ", False),
        ("campaign", " \n", False),
        ("campaign", "campaign: pasted\nmatrix: {}", True),
        ("campaign", "{campaign: pasted, matrix: {}}", True),
        ("models", [], True),
        ("models", ["MiniMax-Hailuo-02", "MiniMax-Hailuo-2.3"], True),
        ("models", ["MiniMax-Hailuo-O2"], False),
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


@pytest.mark.parametrize(
    ("field", "typed", "accepted"),
    [
        ("studies", [], True),
        ("studies", ["/srv/studies/holdout.csv"], True),
        ("studies", ["holdout.csv"], False),
        ("studies", ["s3://bucket/holdout.csv"], False),
        ("studies", [""], False),
        ("only_picked", True, True),
        ("only_picked", "some", False),
        ("only_rated", None, True),
        ("only_rated", 4, True),
        ("only_rated", 0, False),
        ("only_rated", 6, False),
        ("only_rated", "4+", False),
        ("only_tagged", ["hero", "winter sale"], True),
        ("only_tagged", [" "], False),
    ],
    ids=str,
)
def test_a_slip_in_the_form_of_a_report_is_refused_before_a_run_begins(field, typed, accepted):
    """A study is an absolute path: a worker runs each flow in a folder of its own."""
    assert is_accepted(ad_report, field, typed) is accepted


@pytest.mark.parametrize("flow", [render_campaign, approve_campaign], ids=lambda flow: flow.name)
def test_the_empty_form_starts_nothing(flow):
    """The campaign is required and has no default: the UI marks it in red."""
    schema = parameter_schema(flow).model_dump_for_openapi()

    (problem,) = validate({}, schema)

    assert schema["required"] == ["campaign"]
    assert "'campaign' is a required property" in problem.message


FLOWS = [render_campaign, approve_campaign, nightly, reconcile, ad_report, render_shard]


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_every_field_has_a_label_and_help_in_words(flow):
    """What people read is no parameter's name; the help is a sentence."""
    fields = parameter_schema(flow).model_dump_for_openapi()["properties"]

    for name, field in fields.items():
        title = field["title"]
        assert title[0].isupper(), name
        assert "_" not in title, name
        assert title.lower() != name or " " not in title, name
        assert field["description"].endswith("."), name


@pytest.mark.parametrize(
    ("flow", "field", "file", "is_offered"),
    [
        (render_campaign, "campaign", "later.yaml", lambda field: field["anyOf"][0]["enum"]),
        (approve_campaign, "campaign", "later.yaml", lambda field: field["anyOf"][0]["enum"]),
        (ad_report, "campaign", "later.yaml", lambda field: field["anyOf"][0]["enum"]),
        (nightly, "only_campaigns", "later.yaml", lambda field: field["items"]["anyOf"][0]["enum"]),
        (render_campaign, "models", "my-model", lambda field: field["items"]["enum"]),
    ],
    ids=["render", "approve", "report", "night", "models"],
)
def test_what_came_after_the_deploy_is_offered_when_the_form_is_made_anew(
    tmp_path, monkeypatch, flow, field, file, is_offered
):
    """A file of the campaigns folder, and a model of your own catalog."""
    monkeypatch.setenv("HAILUO_CAMPAIGNS", str(tmp_path))
    deployed = parameter_schema(flow).model_dump_for_openapi()["properties"][field]
    (tmp_path / "later.yaml").write_text("campaign: later\nmatrix: {prompt: [x]}\n")
    catalog = tmp_path / "catalog.yml"
    catalog.write_text(OWN_MODEL)
    monkeypatch.setenv("HAILUO_CATALOG", str(catalog))

    fresh = {**deployed, **offered(Picking(deployed[OFFERS]), load_settings())}

    assert file in is_offered(fresh)
    assert fresh["title"] == deployed["title"]
    is_valid_schema({"type": "object", "properties": {field: fresh}})


OWN_MODEL = """\
sources:
  own: {text: our own notes, checked: 2026-11-29}
models:
  my-model:
    family: minimax
    prompt: {limit: 2000, source: own}
    first_frame: {rule: optional, source: own}
    offers:
      - {duration: 6, size: 768p, price_usd: 0.25, source: own}
"""
