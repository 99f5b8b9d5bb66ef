"""What a person says about synthetic performers, as the file says it."""

from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest
import yaml

from hailuo.campaign.files import LoadedCampaign, campaign_schema, load_campaign, load_catalog
from hailuo.campaign.model import SyntheticPerformer

CATALOG = load_catalog()
SCHEMA = jsonschema.Draft202012Validator(campaign_schema())
CAMPAIGN = """\
campaign: spring
matrix: {model: [MiniMax-Hailuo-02], duration: [6], size: [768p], prompt: [Sneaker on wet asphalt]}
"""


def loaded(line: str) -> LoadedCampaign:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    return load_campaign(Path("spring.yaml"), catalog=CATALOG, at=at, text=f"{CAMPAIGN}{line}\n")


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("", SyntheticPerformer.UNDECLARED),
        ("disclosure: {}", SyntheticPerformer.UNDECLARED),
        ("disclosure: {synthetic_performer: unknown}", SyntheticPerformer.UNDECLARED),
        ("disclosure: {synthetic_performer: yes}", SyntheticPerformer.YES),
        ('disclosure: {synthetic_performer: "yes"}', SyntheticPerformer.YES),
        ("disclosure: {synthetic_performer: no}", SyntheticPerformer.NO),
    ],
)
def test_an_answer_is_read_quoted_or_not(line: str, answer: SyntheticPerformer) -> None:
    """YAML reads a bare yes as true; you do not have to know that. Editors accept both."""
    found = loaded(line)

    assert found.campaign
    assert (found.problems, found.campaign.synthetic_performer) == ((), answer)
    SCHEMA.validate(yaml.safe_load(f"{CAMPAIGN}{line}"))


@pytest.mark.parametrize("word", ["maybe", "1", "null", "[yes]"])
def test_any_other_answer_is_refused(word: str) -> None:
    """With the three that there are."""
    [problem] = loaded(f"disclosure: {{synthetic_performer: {word}}}").problems

    assert (problem.place.line, problem.remedy) == (3, "write yes, no or unknown")
