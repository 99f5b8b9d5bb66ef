"""`hailuo models`: what can be asked of each model, for people and for front ends."""

import json
from pathlib import Path

import jsonschema
import pytest

from hailuo.campaign.files import load_catalog
from hailuo.errors import ExitCode

pytestmark = pytest.mark.enable_socket
SCHEMA = json.loads(Path("docs/reference/models.schema.json").read_text(encoding="utf-8"))
OPENAPI = {
    "openapi": "3.0.0",
    "components": {
        "schemas": {
            "MiniMaxVideosCreateRequest": {
                "additionalProperties": False,
                "required": ["model", "prompt", "seed"],
                "properties": {
                    "model": {"enum": ["MiniMax-Hailuo-2.3", "MiniMax-Hailuo-03"]},
                    "prompt": {"type": "string"},
                    "duration": {"enum": [6, 10, 12]},
                    "size": {"enum": ["768p", "1080p"]},
                    "seed": {"type": "integer"},
                },
            },
            "Kling": {
                "properties": {
                    "model": {"enum": ["kling-v3-omni-video"]},
                    "duration": {"minimum": 3, "maximum": 15},
                    "mode": {"enum": ["std", "pro"]},
                    "aspect_ratio": {"enum": ["16:9", "9:16", "4:5"]},
                }
            },
        }
    },
}


def test_the_json_satisfies_its_schema(hailuo):
    """A front end that follows the schema can grey out what a model does not make."""
    shown = json.loads(hailuo("models", "--json").out)

    jsonschema.validate(shown, SCHEMA)
    assert [card["model"] for card in shown["models"]] == list(load_catalog().models)


def test_one_model_is_shown_with_every_price_and_setting(hailuo):
    """What must be given is said, and an unknown price is called so."""
    said = hailuo("models", "seedance-2.0-fast").out

    assert "setting audio: true, false (must be given)" in said
    assert "5 s, 720p: $0.61" in said
    assert "5 s, 480p: unknown" in said


def test_an_unknown_model_is_refused_with_the_nearest(hailuo):
    """Exit code 2, and a name to try."""
    result = hailuo("models", "seedance-2")

    assert result.code == ExitCode.REFUSED
    assert "did you mean 'seedance-2.0'?" in result.err


def test_a_file_of_the_vendor_is_compared_with_the_catalog(hailuo, tmp_path):
    """What it sells beside ours is a catalog file, and the rest are comments in it."""
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(OPENAPI))

    said = hailuo("models", "--check", file).out
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(said)

    assert load_catalog(overlay).models["MiniMax-Hailuo-2.3"].offer(duration=12, size="768p")
    for remark in (
        "# MiniMax-Hailuo-03 is not in the catalog",
        "# MiniMax-Hailuo-2.3: the vendor also takes seed",
        "# MiniMax-Hailuo-2.3: the vendor does not take metadata",
        "# MiniMax-Hailuo-2.3: the vendor requires seed",
        "# kling-v3-omni-video: the vendor offers aspect_ratio 4:5",
        "# kling-v3-omni-video: the vendor does not offer aspect_ratio 1:1",
    ):
        assert remark in said


def test_the_vendor_says_which_models_a_key_may_use(hailuo, rehearsal):
    """A free question; nothing is bought."""
    shown = json.loads(hailuo("models", "--online", "--json").out)

    assert all(card["usable"] for card in shown["models"])


@pytest.mark.parametrize("content", ["", "[]", "a: 1", "{"])
def test_a_file_that_names_no_models_is_refused(hailuo, tmp_path, content):
    """Exit code 2, and what to save."""
    file = tmp_path / "openapi.yaml"
    file.write_text(content)

    result = hailuo("models", "--check", file)

    assert result.code == ExitCode.REFUSED
    assert "openapi.yaml" in result.err
