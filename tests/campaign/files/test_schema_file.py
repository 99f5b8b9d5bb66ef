"""campaigns/schema.json is what editors show: fresh, valid, and of one mind with the loader."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from hailuo.campaign.files import campaign_schema

ROOT = Path(__file__).parents[3]
SCHEMA = campaign_schema()
EXAMPLES = sorted(ROOT.glob("campaigns/*.yaml"))


def test_the_schema_in_the_repository_is_fresh() -> None:
    """Run scripts/generate_schema.py after changing hailuo/campaign/files/schema.py."""
    assert json.loads((ROOT / "campaigns" / "schema.json").read_text(encoding="utf-8")) == SCHEMA


def test_the_schema_is_a_schema() -> None:
    """Of the draft that it names."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_schema_accepts_the_examples(path: Path) -> None:
    """An editor marks nothing in a sound file."""
    jsonschema.validate(yaml.safe_load(path.read_text(encoding="utf-8")), SCHEMA)


@pytest.mark.parametrize(
    "change",
    [
        {"takse": 2},
        {"takes": 0},
        {"budget": {"usd": 0}},
        {"placements": ["nowhere"]},
        {"illegal": "ignore"},
        {"campaign": "Bad Name"},
        {"matrix": {"duration": ["6s"]}},
        {"matrix": {"prompt": [{"id": "a"}]}},
        {"matrix": {"mood": "calm"}},
    ],
    ids=str,
)
def test_the_schema_refuses_what_the_loader_refuses(change: dict[str, object]) -> None:
    """The editor shows it before the command does."""
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"campaign": "spring", "matrix": {"duration": [6]}, **change}, SCHEMA)


@pytest.mark.parametrize(
    ("section", "is_sound"),
    [
        ({"model": ["MiniMax-Hailuo-2.3"], "duration": [6], "size": ["768p"]}, True),
        ({"model": ["MiniMax-Hailuo-2.3"], "duration": [5]}, False),
        ({"model": ["MiniMax-Hailuo-2.3"], "size": ["512p"]}, False),
        ({"model": ["MiniMax-Hailuo-2.3", "seedance-2.0"], "duration": [5, 6]}, True),
        ({"model": ["seedance-2.0"], "duration": [5], "aspect_ratio": ["9:16"], "audio": [True]}, True),
        ({"model": ["seedance-2.0"], "aspect_ratio": ["4:5"]}, False),
        ({"model": ["seedance-2.0"], "audio": ["loud"]}, False),
    ],
    ids=str,
)
def test_an_editor_refuses_what_the_only_model_does_not_make(
    section: dict[str, object], is_sound: bool
) -> None:
    """While it is typed, and in the form of Prefect."""
    validator = jsonschema.Draft202012Validator(SCHEMA)

    assert validator.is_valid({"campaign": "spring", "matrix": section}) is is_sound


@pytest.mark.parametrize(
    ("models", "is_sound"),
    [
        ({"MiniMax-Hailuo-2.3": None}, True),
        ({"MiniMax-Hailuo-2.3": {"duration": 6, "size": "hd", "takes": 2}}, True),
        ({"seedance-2.0": {"duration": [5, 8], "audio": [True, False], "first_frame": None}}, True),
        ({"one-of-your-own": {"duration": 7}}, True),
        ({"one-of-your-own": None}, True),
        ({"MiniMax-Hailuo-2.3": {"duration": 5}}, False),
        ({"MiniMax-Hailuo-2.3": {"size": ["768p", "512p"]}}, False),
        ({"MiniMax-H3": {"size": "fullhd"}}, False),
        ({"seedance-2.0": {"audio": "loud"}}, False),
        ({"seedance-2.0": 5}, False),
    ],
    ids=str,
)
def test_an_editor_refuses_what_a_model_of_several_does_not_make(
    models: dict[str, object], is_sound: bool
) -> None:
    """Under `models`, each by its own lengths, sizes and settings."""
    assert (
        jsonschema.Draft202012Validator(SCHEMA).is_valid({"campaign": "spring", "models": models}) is is_sound
    )


def test_every_key_is_described() -> None:
    """Hovering over a key explains it."""
    properties = SCHEMA["properties"]

    assert isinstance(properties, dict)
    assert all("description" in key for key in properties.values())
