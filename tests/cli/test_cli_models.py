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


REFERRED = {
    "openapi": "3.1.0",
    "paths": {"/v1/videos": {"post": {"requestBody": {"$ref": "#/components/requestBodies/Create"}}}},
    "components": {
        "requestBodies": {
            "Create": {"content": {"application/json": {"schema": {"oneOf": [{"$ref": "#/components/schemas/Seedance"}]}}}}
        },
        "schemas": {
            "Base": {"required": ["prompt"], "properties": {"prompt": {"type": "string"}, "duration": {"$ref": "#/components/schemas/Seconds"}}},
            "Seconds": {"anyOf": [{"enum": [4, 5, 11]}, {"type": "null"}]},
            "Names": {"type": "string", "enum": ["seedance-2.0-fast"]},
            "Seedance": {
                "allOf": [
                    {"$ref": "#/components/schemas/Base"},
                    {
                        "required": ["metadata"],
                        "properties": {
                            "model": {"$ref": "#/components/schemas/Names"},
                            "again": {"$ref": "#/components/schemas/Seedance"},
                            "metadata": {
                                "properties": {"resolution": {"enum": ["480p", "720p"]}, "watermark": {"type": "boolean"}}
                            },
                        },
                    },
                ]
            },
        },
    },
}  # fmt: skip


def checked(hailuo, folder, content):
    file = folder / "vendor.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return hailuo("models", "--check", file)


def test_references_of_an_openapi_file_are_followed(hailuo, tmp_path):
    """`$ref`, `allOf` and `anyOf`, also in a circle, also in YAML, where `9:16` and `on` are texts."""
    said = checked(hailuo, tmp_path, REFERRED).out
    as_yaml = checked(hailuo, tmp_path, "openapi: 3.1.0\ncomponents: " + json.dumps(REFERRED["components"]))
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(said)

    assert load_catalog(overlay).models["seedance-2.0-fast"].offer(duration=11, size="720p")
    assert "# seedance-2.0-fast: the vendor also takes metadata.watermark" in said
    assert "# seedance-2.0-fast: the vendor does not offer duration 15" in said
    assert as_yaml.out == said


def test_values_of_yaml_keep_their_words(hailuo, tmp_path):
    """YAML 1.1 would read `on` as true and `9:16` as 556."""
    text = "a: {properties: {model: {enum: [kling-v3-omni-video]}, sound: {enum: [on, off]}, aspect_ratio: {enum: [16:9, 9:16, 1:1]}}}"

    said = checked(hailuo, tmp_path, text).out

    assert "offer" not in said


@pytest.mark.parametrize(
    "listed",
    [
        {"object": "list", "data": [{"id": "seedance-2.0", "object": "model"}, {"id": "veo-4"}]},
        {"models": [{"name": "seedance-2.0"}, {"name": "veo-4"}]},
        ["seedance-2.0", "veo-4"],
    ],
)
def test_a_list_of_models_is_compared_with_the_catalog(hailuo, tmp_path, listed):
    """The answer to `GET /v1/models`, as it was saved: an overlay that loads, with what differs as comments."""
    said = checked(hailuo, tmp_path, listed).out
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(said)

    assert load_catalog(overlay).models.keys() == load_catalog().models.keys()
    assert "# veo-4 is not in the catalog" in said
    assert "# MiniMax-H3 is not in the vendor's list" in said
    assert "# seedance-2.0 is" not in said


def test_a_list_that_says_what_each_model_takes_is_read_as_schemas(hailuo, tmp_path):
    """Some gateways add `parameters` to each entry."""
    entry = {"id": "seedance-2.0", "parameters": {"properties": {"duration": {"enum": [5, 30]}}}}

    assert "duration: 30" in checked(hailuo, tmp_path, {"data": [entry]}).out


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "names no models of requests"),
        ("<html><body>404</body></html>", "names no models of requests"),
        ('{"data": [{"id": "a"}, 3]}', "names no models of requests"),
        ('{"a": ', "neither JSON nor YAML"),
        ("a: [1\n  b", "neither JSON nor YAML"),
        ("a: &x [*x]", "names no models of requests"),
        ("a: " + "[" * 3000, "neither JSON nor YAML"),
        ("!!python/object/apply:os.system [ls]", "neither JSON nor YAML"),
        ('{"a": {"properties": {"model": {"enum": ["seedance-2.0"]}, "duration": {"$ref": "#/components/x"}}}}', "refers to what is not in it: #/components/x"),
        ('{"a": {"allOf": [{"$ref": "other.yaml#/b"}], "properties": {"model": {"enum": ["seedance-2.0"]}}}}', "refers to what is not in it: other.yaml#/b"),
    ],
)  # fmt: skip
def test_a_malformed_file_is_one_clear_error(hailuo, tmp_path, content, said):
    """Exit code 2, one line with place, reason and what to save."""
    result = checked(hailuo, tmp_path, content)

    assert result.code == ExitCode.REFUSED
    assert said in result.err
    assert "vendor.json" in result.err
    assert sum("vendor.json" in line for line in result.err.splitlines()) == 1


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
