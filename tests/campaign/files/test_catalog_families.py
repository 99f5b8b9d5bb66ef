"""Families are data: whatever a catalog says is checked when it is read, and whatever it admits can be ordered."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import product
from pathlib import Path

import pytest

from hailuo.campaign.asked import asked_of
from hailuo.campaign.catalog import Catalog, Model
from hailuo.campaign.files import load_catalog
from hailuo.campaign.legality import rule_against, settled
from hailuo.campaign.model import Cell, Level
from hailuo.campaign.pricing import list_price, price_key_of
from hailuo.campaign.variant import FirstFrame, Variant, canonical_json
from hailuo.errors import CatalogError, Place
from hailuo.media.expectation import order_of as clip_order
from hailuo.media.inspection import Inspection
from hailuo.media.verdict import verdict
from hailuo.simulator.orders import read_order
from hailuo.vendor import build_request
from tests.support.factories import make_job

BUILT_IN = load_catalog()
FRAME = FirstFrame(label="f", sha256="00" * 32, url="https://frames.example/f.jpg")
INVENTED = """
sources: {own: {text: our own notes, checked: 2026-11-29}}
families:
  zeppelin:
    strict: true
    source: own
    request:
      model: "{model}"
      input: {text: "{prompt}", picture: "{first_frame}"}
      seconds: "{duration:text}"
      quality: "{size}"
      shape: "{ratio}"
      sound: "{audio}"
      seed: "{seed}"
      options: ["{mood}", {if: first_frame, then: keep-picture}]
      version: 3
    settings:
      ratio: {values: ["16:9", "9:16", adaptive], default: "16:9"}
      audio: {values: [true, false], send: always, wire: {true: "on", false: "off"}}
      seed: {from: 0, to: 4294967295}
      mood: {values: [calm, loud]}
    sizes: {720p: HD}
    rules:
      - {when: {first_frame: set, ratio: ["16:9", "9:16"]}, because: the picture decides the shape, fix: {ratio: adaptive}}
      - {when: {first_frame: none, ratio: adaptive}, because: adaptive needs a first frame, fix: {ratio: "16:9"}}
      - {when: {mood: calm, audio: true}, because: calm clips are silent}
    shape: {setting: ratio, from_frame: true}
    audio: {setting: audio}
    fps: 24
    pixels: {720p: {"16:9": [1280, 720], "9:16": [720, 1280]}}
    codec: {1080p: hevc}
    billed: at_end
    limits: {submits_per_minute: 5, in_flight: 8, first_poll_s: 40, deadline_s: 3600}
models:
  zeppelin-1:
    family: zeppelin
    prompt: {limit: 2000, source: own}
    first_frame: {rule: optional, source: own}
    offers:
      - {duration: {from: 4, to: 5}, size: [720p, 1080p], price_usd: 0.50, source: own}
      - {duration: 10, size: 720p, price_usd: 0.80, source: own}
"""


def read(folder: Path, text: str) -> Catalog:
    path = folder / "own.yaml"
    path.write_text(text, encoding="utf-8")
    return load_catalog(path)


def cell(
    model: str, duration: int, size: str, frame: FirstFrame | None, settings: dict[str, str | None]
) -> Cell:
    values = {"model": model, "duration": duration, "size": size, "first_frame": frame, **settings}
    return {
        axis: Level(axis=axis, label=str(value or "none"), value=value, place=Place("x"))
        for axis, value in values.items()
    }


def cells_of(model: Model, catalog: Catalog) -> Iterator[Cell]:
    """Every cell that a campaign could ask of a model: also settings left out, and both with and without a frame."""
    settings = catalog.family_of(model).settings
    choices = [(None, *setting.labels) for setting in settings.values()]
    for offer, frame in product(model.offers, (None, FRAME)):
        for labels in product(*choices):
            given = dict(zip(settings, labels, strict=True))
            yield cell(model.name, offer.duration, offer.size, frame, given)


def order_of(asked: Cell, catalog: Catalog) -> Variant:
    family = catalog.family_of(catalog.models[str(asked["model"].value)])
    frame, seconds = asked["first_frame"].value, asked["duration"].value
    assert isinstance(seconds, int)
    return Variant(
        model=str(asked["model"].value),
        prompt="A shoe",
        duration=seconds,
        size=str(asked["size"].value),
        first_frame=frame if isinstance(frame, FirstFrame) else None,
        parameters=settled(asked, family).labels,
    )


@pytest.fixture(scope="module")
def invented(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return read(tmp_path_factory.mktemp("catalog"), INVENTED)


@pytest.mark.slow
def test_every_cell_that_legality_admits_can_be_built(invented: Catalog) -> None:
    """A body is never found to be impossible after the plan: each value that was asked for is in it."""
    admitted = 0
    for model in invented.models.values():
        for asked in cells_of(model, invented):
            if rule_against(asked, invented) is None:
                order = order_of(asked, invented)
                family = invented.family_of(model)
                url = FRAME.url if order.first_frame else None
                body = build_request(order, family, first_frame_url=url)
                sent = str(body)
                assert all(str(family.settings[n].sent(v)) in sent for n, v in order.parameters.items())
                assert str(url) in sent or url is None
                admitted += 1

    assert admitted > 150


@pytest.mark.slow
@pytest.mark.parametrize(
    ("size", "delivered", "warns"),
    [("1080p", "h264", True), ("1080p", "hevc", False), ("720p", "h264", False)],
)
def test_the_codec_of_a_size_reaches_the_checks(
    invented: Catalog, size: str, delivered: str, warns: bool
) -> None:
    """A clip of another codec than the catalog says is a warning; where the catalog says none, every codec is right."""
    model = invented.models["zeppelin-1"]
    settings: dict[str, str | None] = {"ratio": "16:9", "audio": "false"}
    order = order_of(cell(model.name, 5, size, None, settings), invented)
    job = replace(make_job(order), asked=asked_of(order, invented))
    found = Inspection(sha256="ab" * 32, bytes=1, container="mp4", video_codec=delivered, duration_s=5.0)

    assert ("codec_unexpected" in {code.value for code in verdict(found, clip_order(job)).codes}) is warns


def test_settling_twice_changes_nothing_and_keeps_what_was_asked(invented: Catalog) -> None:
    """An order that is read back from the store is the same order."""
    for model in invented.models.values():
        for asked in cells_of(model, invented):
            family = invented.family_of(model)
            once = settled(asked, family)
            again = cell(
                model.name,
                int(str(asked["duration"].value)),
                str(asked["size"].value),
                FRAME if asked["first_frame"].value else None,
                dict(once.labels),
            )
            if rule_against(asked, invented) is None:
                assert settled(again, family).labels == once.labels
                given = {n: level.value for n, level in asked.items() if n in family.settings and level.value}
                assert given.items() <= dict(once.labels).items()


def test_a_body_keeps_the_types_of_values(invented: Catalog) -> None:
    """Numbers are numbers, `{x:text}` is text, `wire` has the vendor's words, constants stay."""
    asked = cell("zeppelin-1", 5, "720p", FRAME, {"audio": "true", "seed": "7", "mood": "loud"})

    body = build_request(
        order_of(asked, invented), invented.families["zeppelin"], first_frame_url="https://x.example/f.jpg"
    )

    assert body == {
        "model": "zeppelin-1",
        "input": {"text": "A shoe", "picture": "https://x.example/f.jpg"},
        "seconds": "5",
        "quality": "HD",
        "shape": "adaptive",
        "sound": "on",
        "seed": 7,
        "options": ["loud", "keep-picture"],
        "version": 3,
    }


@pytest.mark.parametrize(
    ("settings", "frame", "reason", "remedy"),
    [
        ({"audio": "true", "ratio": "9:16"}, FRAME, "zeppelin-1: the picture decides the shape", "choose ratio adaptive"),
        ({"audio": "true", "ratio": "adaptive"}, None, "zeppelin-1: adaptive needs a first frame", "choose ratio 16:9"),
        ({"audio": "true", "mood": "calm"}, None, "zeppelin-1: calm clips are silent", "change audio or mood"),
        ({"audio": "true", "ratio": "4:5"}, None, "ratio '4:5' is not offered by zeppelin-1", "choose 16:9, 9:16, adaptive or none"),
        ({"audio": "true", "seed": "-1"}, None, "seed '-1' is not offered by zeppelin-1", "choose a whole number from 0 to 4294967295 or none"),
        ({}, None, "zeppelin-1 needs a value for audio: what it does without one is not known", "add the axis 'audio': true or false"),
    ],
)  # fmt: skip
def test_what_a_family_does_not_make_is_refused_with_a_remedy(
    invented: Catalog, settings: dict[str, str | None], frame: FirstFrame | None, reason: str, remedy: str
) -> None:
    """Before any money moves, and the remedy is one that this family takes."""
    found = rule_against(cell("zeppelin-1", 5, "720p", frame, settings), invented)

    assert found
    assert (found.reason, found.remedy) == (reason, remedy)


BODY = 'request: {model: "{model}", prompt: "{prompt}", duration: "{duration}", size: "{size}", x: "{x}"}'


@pytest.mark.parametrize(
    ("family", "message"),
    [
        ("settings: {x: {values: [on, off]}}", "own.yaml:6: x: YAML reads 'on' as a yes/no value; write \"on\" in quotes"),
        ('settings: {x: {values: [1, "1"]}}', "own.yaml:6: x: '1' is listed twice, or a word of rules; give each"),
        ("settings: {x: {values: [a], default: b}}", "own.yaml:6: default of x: 'b' is none of its values; choose a"),
        ("settings: {x: {values: [a], wire: {b: c}}}", "own.yaml:6: wire of x: 'b' is none of its values; choose a"),
        ("settings: {x: {values: [a], from: 1, to: 2}}", "own.yaml:6: x has neither values nor a range, or both; write"),
        ("settings: {x: {from: 3, to: 2}}", "own.yaml:6: x ends before it begins; swap `from` and `to`"),
        ("settings: {x: {from: 3}}", "own.yaml:6: x has neither values nor a range, or both; write"),
        ("settings: {x: {values: [a], send: sometimes}}", "own.yaml:6: families.f.settings.x.send: unknown name 'sometimes'"),
        ("settings: {x: {values: [a]}, y: {values: [a]}}", 'own.yaml:5: the request of f does not send {y}; add a key with "{y}"'),
        ("settings: {size: {values: [a]}, x: {values: [a]}}", "own.yaml:6: the setting 'size' cannot be an axis of its own"),
        ("settings: {z: {values: [a]}}", "own.yaml:5: the request of f has the unknown placeholder {x}; choose "),
        ("settings: {x: {values: [a]}}\n    rules: [{when: {y: a}, because: never}]", "own.yaml:7: the rule names the unknown setting 'y'"),
        ("settings: {x: {values: [a]}}\n    rules: [{when: {x: b}, because: never}]", "own.yaml:7: the rule names x 'b', which it never is; choose a, set or none"),
        ("settings: {x: {values: [a]}}\n    rules: [{when: {x: a}, because: never, fix: {x: b}}]", "own.yaml:7: the rule names x 'b', which it never is"),
        ("settings: {x: {values: [a]}}\n    rules: [{when: {x: a}, because: never, fix: {size: b}}]", "own.yaml:7: a rule cannot fix size"),
        ("settings: {x: {values: [a]}}\n    rules: [{when: {x: a}}]", "own.yaml:7: families.f.rules: the key 'because' is missing; write the reason"),
        ("settings: {x: {values: [a]}}\n    shape: {setting: y}", "own.yaml:7: unknown setting 'y'; choose x"),
        ("settings: {x: {values: [a]}}\n    shape: {native: wide}", "own.yaml:7: the shape 'wide' is no ratio; write width and height, such as 16:9"),
        ("settings: {x: {values: [a]}}\n    audio: {setting: x}", "own.yaml:7: the setting x does not say whether there is sound; give it the values [true, false]"),
        ("settings: {x: {values: [a]}}\n    pixels: {720p: [1280]}", "own.yaml:7: families.f.pixels.720p"),
        ('settings: {x: {values: ["1:1"]}}\n    shape: {setting: x}\n    pixels: {720p: {"9:16": [720, 1280]}}', "own.yaml:8: no clip of the family has the shape '9:16'; choose 1:1"),
        ("settings: {x: {values: [a]}}\n    billed: later", "own.yaml:7: families.f.billed: unknown name 'later'"),
        ("settings: {x: {values: [a]}}\n    trust: sure", "own.yaml:7: families.f.trust: unknown name 'sure'"),
        ("settings: {x: {values: [a]}}\n    limits: {in_flight: 0}", "own.yaml:7: families.f.limits.in_flight is '0'"),
    ],
)  # fmt: skip
def test_a_family_with_a_mistake_says_where_and_what_to_do(tmp_path: Path, family: str, message: str) -> None:
    """Each kind of mistake is found when the file is read, not when the order is sent."""
    text = f"sources: {{own: {{text: notes, checked: 2026-11-29}}}}\nfamilies:\n  f:\n    source: own\n    {BODY}\n    {family}\n"

    with pytest.raises(CatalogError) as caught:
        read(tmp_path, text)

    assert str(tmp_path / message) in str(caught.value)


@pytest.mark.parametrize(
    ("request_line", "message"),
    [
        ('{model: "{model}", duration: "{duration}", size: "{size}"}', "does not send {prompt}"),
        ('{model: "{model}", prompt: "{prompt}", size: "{size}"}', "does not send {duration}, in which its orders differ"),
        ('{model: "{model}", prompt: "{prompt}", duration: "{duration}"}', "does not send {size}, in which its orders differ"),
        ('{model: "{model}", prompt: "{prompt}", duration: "{duration}", size: "{size}"}', "does not send {first_frame}, in which"),
        ('{model: "{model}", prompt: "{prompt}", duration: "{duration}", size: "{size}", a: {if: first_frame}}', "a condition needs `if`"),
        ("zeppelin", "names the unknown request 'zeppelin'; choose minimax or seedance"),
        ("[a]", "families.f.request"),
    ],
)  # fmt: skip
def test_a_body_that_loses_a_part_of_the_order_is_refused(
    tmp_path: Path, request_line: str, message: str
) -> None:
    """Otherwise two different orders would buy the same clip."""
    text = f"""
sources: {{own: {{text: notes, checked: 2026-11-29}}}}
families:
  f:
    request: {request_line}
models:
  m:
    family: f
    prompt: {{limit: 100, source: own}}
    first_frame: {{rule: optional, source: own}}
    offers: [{{duration: [4, 5], size: [a, b], price_usd: 1, source: own}}]
"""

    with pytest.raises(CatalogError, match=r"own\.yaml:5: .*") as caught:
        read(tmp_path, text)

    assert message in str(caught.value)


def test_a_family_of_the_first_grammar_replaces_the_built_in_one(tmp_path: Path) -> None:
    """An old catalog file means what it always meant: its settings have no defaults and its models nothing else."""
    text = """
sources: {page: {text: our own notes, checked: 2026-11-01}}
families:
  seedance: {request: seedance, source: page, parameters: {aspect_ratio: ["16:9", 9:16]}}
models:
  seedance-2.0:
    family: seedance
    prompt: {limit: 3000, source: page}
    first_frame: {rule: optional, source: page}
    offers: [{duration: 6, size: 768p, price_usd: 0.6, source: page}]
"""
    catalog = read(tmp_path, text)
    model, family = catalog.models["seedance-2.0"], catalog.families["seedance"]
    order = order_of(cell("seedance-2.0", 6, "768p", FRAME, {"aspect_ratio": None}), catalog)

    assert [(offer.duration, offer.size) for offer in model.offers] == [(6, "768p")]
    assert build_request(order, family, first_frame_url=FRAME.url) == {
        "model": "seedance-2.0",
        "prompt": "A shoe",
        "duration": 6,
        "metadata": {"resolution": "768p", "role_mode": "frame"},
        "images": [FRAME.url],
    }


@pytest.mark.parametrize("name", load_catalog().models)
def test_every_admitted_cell_of_a_built_in_model_is_read_back_as_it_was_asked(name: str) -> None:
    """Its body is built, and a vendor that follows the same template reads the same order."""
    model, family = BUILT_IN.models[name], BUILT_IN.family_of(BUILT_IN.models[name])
    ends = {(o.size, end(s for s in lengths(model, o.size))) for o in model.offers for end in (min, max)}
    admitted = 0
    for asked in cells_of(model, BUILT_IN):
        key = (str(asked["size"].value), asked["duration"].value)
        if key not in ends or rule_against(asked, BUILT_IN) is not None:
            continue
        order, admitted = order_of(asked, BUILT_IN), admitted + 1
        body = build_request(order, family, first_frame_url=FRAME.url if order.first_frame else None)
        read = read_order(
            canonical_json(body), body, model, BUILT_IN, strict=True, unlisted_price_usd=Decimal(1)
        )
        assert (read.duration, read.size, read.settings) == (order.duration, order.size, order.parameters)
        assert (read.frame_url is None) is (order.first_frame is None)
        assert read.price_usd == (list_price(price_key_of(order), BUILT_IN) or 1)

    assert admitted


def lengths(model: Model, size: str) -> list[int]:
    return [offer.duration for offer in model.offers if offer.size == size]


@pytest.mark.parametrize(
    ("name", "seconds", "size", "settings", "frame", "body"),
    [
        ("seedance-2.0", 5, "720p", {"audio": "false"}, None, {"duration": 5, "metadata": {"resolution": "720p", "aspect_ratio": "16:9", "audio": False}}),
        ("seedance-2.0", 5, "720p", {"audio": "true"}, FRAME, {"duration": 5, "images": [FRAME.url], "metadata": {"resolution": "720p", "audio": True, "role_mode": "frame"}}),
        ("MiniMax-H3", 8, "768p", {"aspect_ratio": "9:16"}, None, {"duration": 8, "resolution": "768P", "ratio": "9:16"}),
        ("MiniMax-H3", 8, "768p", {}, FRAME, {"duration": 8, "resolution": "768P", "ratio": "adaptive", "images": [FRAME.url], "role_mode": "first_frame"}),
        ("kling-v3-omni-video", 10, "pro", {"audio": "true", "aspect_ratio": "9:16"}, None, {"duration": 10, "mode": "pro", "aspect_ratio": "9:16", "sound": "on"}),
        ("viduq3-turbo", 8, "1080p", {"aspect_ratio": "9:16"}, None, {"duration": 8, "size": "9:16", "metadata": {"resolution": "1080p"}}),
        ("happyhorse-1.0-t2v", 8, "720p", {}, None, {"duration": 8, "size": "720P", "aspect_ratio": "16:9"}),
        ("wan2.6-t2v", 5, "720p", {"audio": "true"}, None, {"duration": 5, "size": "720P", "metadata": {"parameters": {"audio": True, "prompt_extend": True}}}),
        ("MiniMax-Hailuo-02", 6, "768p", {}, FRAME, {"duration": 6, "size": "768p", "metadata": {"first_frame_image": FRAME.url}}),
    ],
)  # fmt: skip
def test_the_bodies_of_the_built_in_families(
    name: str,
    seconds: int,
    size: str,
    settings: dict[str, str | None],
    frame: FirstFrame | None,
    body: dict[str, object],
) -> None:
    """As the vendor's SDK and the code of its users send them; what has a default is always said."""
    asked = cell(name, seconds, size, frame, settings)
    family = BUILT_IN.family_of(BUILT_IN.models[name])

    assert rule_against(asked, BUILT_IN) is None
    assert build_request(order_of(asked, BUILT_IN), family, first_frame_url=FRAME.url if frame else None) == {
        "model": name,
        "prompt": "A shoe",
        **body,
    }
