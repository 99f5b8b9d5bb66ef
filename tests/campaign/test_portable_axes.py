"""One file over several families: what each model varies, shapes and tiers in one word, axes that only some have."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from hailuo.campaign.asked import ShapeBy
from hailuo.campaign.catalog import Catalog, FirstFrameRule, Model
from hailuo.campaign.expand import Expansion, expand
from hailuo.campaign.files import LoadedCampaign, load_campaign, load_catalog
from hailuo.campaign.job import Job
from hailuo.media.expectation import order_of
from hailuo.report.next_batch.cells import Cells
from hailuo.vendor import build_request

AT = datetime(2026, 11, 30, tzinfo=UTC)
CATALOG = load_catalog()
MODELS = tuple(CATALOG.models.values())
SHAPES = ("16:9", "9:16", "1:1", "4:5")
Loaded = Callable[..., LoadedCampaign]


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    """Write a campaign beside one picture of each shape, and load it."""
    for ratio in SHAPES:
        width, height = map(int, ratio.split(":"))
        size = width * 360 // min(width, height), height * 360 // min(width, height)
        Image.new("RGB", size, (90, 60, 30)).save(tmp_path / f"f{width}x{height}.png")

    def load(text: str, *, name: str = "spring.yaml", catalog: Catalog = CATALOG) -> LoadedCampaign:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return load_campaign(path, catalog=catalog, at=AT)

    return load


def expanded(found: LoadedCampaign, catalog: Catalog = CATALOG) -> Expansion:
    assert found.problems == ()
    assert found.campaign
    return expand(found.campaign, catalog)


def reasons(found: LoadedCampaign | Expansion) -> list[str]:
    return [f"{problem.reason}; {problem.remedy}" for problem in found.problems]


def cell_of(model: Model) -> str:
    """A length and a size that the model sells, and sound off where it must be said."""
    offer, own = model.offers[0], CATALOG.family_of(model).settings.values()
    needed = (setting.name for setting in own if setting.is_always_sent and setting.default is None)
    return (
        f"{{duration: {offer.duration}, size: {offer.size}{''.join(f', {name}: false' for name in needed)}}}"
    )


def one_shape(model: Model, ratio: str, *more: str) -> str:
    head = [f"campaign: c\ntrust: guessed\nmodels: {{{model.name}: {cell_of(model)}}}"]
    return "\n".join([*head, f'matrix: {{prompt: [{{id: a, text: A shoe}}], shape: ["{ratio}"]}}', *more])


def test_each_model_varies_its_own_axes(loaded: Loaded) -> None:
    """The matrix is shared; a value of the model replaces the matrix's, and so do its takes."""
    made = expanded(
        loaded(
            """campaign: c
takes: 2
models:
  MiniMax-Hailuo-2.3:
  seedance-2.0: {duration: [5, 8], size: 720p, audio: [true, false], takes: 1}
defaults: {size: 768p}
matrix:
  duration: [6]
  prompt: [{id: a, text: A shoe}, {id: b, text: A boot}]
"""
        )
    )

    by_model = {name: [job for job in made.jobs if job.variant.model == name] for name in CATALOG.models}
    assert made.problems == ()
    assert len(by_model["MiniMax-Hailuo-2.3"]) == 4
    assert len(by_model["seedance-2.0"]) == 8
    assert {job.variant.duration for job in by_model["seedance-2.0"]} == {5, 8}
    assert {job.levels.get("audio") for job in by_model["MiniMax-Hailuo-2.3"]} == {None}


def test_a_matrix_and_models_of_the_same_cells_are_the_same_clips(loaded: Loaded) -> None:
    """How a file is written changes no id."""
    matrix = "matrix: {model: [MiniMax-Hailuo-02, MiniMax-Hailuo-2.3], duration: [6], size: [768p], prompt: [A shoe]}"
    models = "models: {MiniMax-Hailuo-02: {}, MiniMax-Hailuo-2.3: {size: 768p}}\nmatrix: {duration: [6], size: [768p], prompt: [A shoe]}"

    ids = [
        [job.creative_id for job in expanded(loaded(f"campaign: c\n{text}\n")).jobs]
        for text in (matrix, models)
    ]

    assert ids[0] == ids[1]


@pytest.mark.parametrize("ratio", SHAPES)
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_shape_is_what_every_model_makes_or_the_way_to_it_is_said(
    loaded: Loaded, model: Model, ratio: str
) -> None:
    """By a setting, as the model makes it, or refused before anything is bought; no other shape is ordered."""
    made = expanded(loaded(one_shape(model, ratio)))

    if made.problems:
        assert made.jobs == ()
        assert "choose none" not in reasons(made)[0]
        return
    (job,) = made.jobs
    assert job.asked
    assert (job.asked.shape, job.levels["shape"]) == (ratio, ratio)
    assert job.asked.shape_by in (ShapeBy.SETTING, ShapeBy.NATIVE)
    assert ratio in str(build(job)) or job.asked.shape_by is ShapeBy.NATIVE


@pytest.mark.parametrize("ratio", SHAPES)
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_frame_of_the_shape_serves_models_that_have_no_other_way(
    loaded: Loaded, model: Model, ratio: str
) -> None:
    """`frames` is used where it is needed, and only there; the clip is then compared with that shape."""
    picture = f"f{ratio.replace(':', 'x')}.png"
    plain = expanded(loaded(one_shape(model, ratio)))
    made = expanded(loaded(one_shape(model, ratio, f'frames: {{"{ratio}": {picture}}}')))

    if plain.jobs:
        assert [job.variant.variant_id for job in made.jobs] == [job.variant.variant_id for job in plain.jobs]
    shape = CATALOG.family_of(model).shape
    if model.first_frame is FirstFrameRule.NONE or shape is None or not shape.from_frame:
        assert bool(made.jobs) is bool(plain.jobs)
        return
    (job,) = made.jobs
    assert job.asked
    width, height = map(int, ratio.split(":"))
    assert job.asked.shape == ratio
    assert order_of(job).aspect == pytest.approx(width / height, rel=0.01)


def test_a_frame_behind_a_url_is_compared_with_the_shape_that_was_asked_for(loaded: Loaded) -> None:
    """Its size is not known before; the clip's shape still is."""
    text = one_shape(
        CATALOG.models["MiniMax-Hailuo-2.3"], "9:16", 'frames: {"9:16": "https://a.example/t.png"}'
    )

    (job,) = expanded(loaded(text)).jobs

    assert order_of(job).aspect == pytest.approx(9 / 16)


def test_a_frame_of_another_shape_is_refused_where_it_decides(loaded: Loaded) -> None:
    """A wide picture gives no tall clip, whatever the file says."""
    text = one_shape(CATALOG.models["seedance-2.0"], "9:16", "defaults: {first_frame: f16x9.png}")

    assert reasons(expanded(loaded(text))) == [
        "seedance-2.0 makes clips in the shape of the first frame, and 'f16x9' is 640x360; "
        "give a first frame of 9:16"
    ]


def test_a_first_frame_is_a_warning_where_people_must_be_registered(loaded: Loaded) -> None:
    """Before the money: the picture is registered first. Other families, and clips without a frame, have none."""
    frame = "defaults: {first_frame: f9x16.png}"
    found = {
        model: [
            warning.reason
            for warning in expanded(loaded(one_shape(CATALOG.models[model], "9:16", more))).warnings
        ]
        for model, more in (
            ("seedance-2.0", frame),
            ("kling-v3-omni-video", frame),
            ("seedance-2.0-fast", ""),
        )
    }

    assert ["real people" in " ".join(reasons) for reasons in found.values()] == [True, False, False]


def test_a_shape_and_the_model_s_own_setting_are_one_order(loaded: Loaded) -> None:
    """Two ways to say the same are refused; either alone is the same clip."""
    head = "campaign: c\nmatrix: {model: [seedance-2.0], duration: [5], size: [720p], audio: [false], prompt: [A shoe]"
    both, one, other = (
        loaded(f"{head}, {more}}}\n")
        for more in ('shape: ["9:16"], aspect_ratio: ["9:16"]', 'shape: ["9:16"]', 'aspect_ratio: ["9:16"]')
    )

    ids = [[job.creative_id for job in expanded(found).jobs] for found in (one, other)]
    assert ids[0] == ids[1]
    assert reasons(expanded(both)) == [
        "shape and aspect_ratio both say the shape of seedance-2.0; keep one of them"
    ]


def test_a_word_shape_of_prompts_stays_a_word(loaded: Loaded) -> None:
    """A file that fills {shape} orders nothing by it."""
    made = expanded(
        loaded(
            "campaign: c\nmatrix: {model: [MiniMax-Hailuo-02], duration: [6], size: [768p], "
            "shape: [round, '9:16'], prompt: ['A {shape} bottle']}\n"
        )
    )

    assert [job.variant.prompt for job in made.jobs] == ["A round bottle", "A 9:16 bottle"]
    assert {job.asked.shape for job in made.jobs if job.asked} == {"16:9"}


@pytest.mark.parametrize("tier", CATALOG.tiers)
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_tier_is_a_size_that_the_model_sells(loaded: Loaded, model: Model, tier: str) -> None:
    """Or it is refused, with the sizes of the model; the tier stays the label."""
    seconds = model.offers[0].duration
    text = one_shape(model, "16:9", 'frames: {"16:9": f16x9.png}')
    made = expanded(loaded(text.replace(f"size: {model.offers[0].size}", f"size: {tier}")))

    if made.problems:
        assert not {offer.size for offer in model.offers} & set(CATALOG.tiers[tier])
        assert reasons(made)[0].startswith(f"{model.name} has no size of the tier {tier}; choose ")
        return
    (job,) = made.jobs
    assert job.levels["size"] == tier
    assert model.offer(duration=seconds, size=job.variant.size)
    assert job.variant.size in CATALOG.tiers[tier]


def test_of_two_sizes_of_a_tier_the_one_that_has_the_length(loaded: Loaded, tmp_path: Path) -> None:
    """A model may sell its longer clips at another size of the same tier."""
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(
        "models: {MiniMax-Hailuo-02: {offers: [{duration: 15, size: 720p, price_usd: 1, source: minimax-prices}]}}"
    )
    catalog = load_catalog(overlay)
    text = (
        "campaign: c\nmatrix: {model: [MiniMax-Hailuo-02], duration: [6, 15], size: [hd], prompt: [A shoe]}\n"
    )

    made = expanded(loaded(text, catalog=catalog), catalog)

    assert [(job.variant.duration, job.variant.size) for job in made.jobs] == [(6, "768p"), (15, "720p")]


@pytest.mark.parametrize("ways", [["true", "false"], ["true"], ["true", "false", "none"]], ids=str)
def test_an_axis_applies_where_it_is_offered(loaded: Loaded, ways: Sequence[str]) -> None:
    """A model without sound has one clip, not one for each value; the others vary it."""
    made = expanded(
        loaded(
            "campaign: c\napplies: {audio: where offered, first_frame: where offered}\ntrust: guessed\n"
            "matrix: {model: [MiniMax-Hailuo-02, kling-v3-omni-video, happyhorse-1.0-t2v], duration: [6], "
            f"size: [hd], audio: [{', '.join(ways)}], first_frame: [null, f1x1.png], prompt: [A shoe]}}\n"
        ),
    )

    found = [(job.variant.model, job.levels["audio"], job.levels["first_frame"]) for job in made.jobs]
    assert len(set(found)) == len(found)
    assert [row for row in found if row[0] == "happyhorse-1.0-t2v"] == [
        ("happyhorse-1.0-t2v", "none", "none")
    ]
    assert [row[1:] for row in found if row[0] == "MiniMax-Hailuo-02"] == [("none", "none"), ("none", "f1x1")]
    assert {row[1] for row in found if row[0] == "kling-v3-omni-video"} == set(ways) - {"none"}


def test_what_a_model_does_not_have_names_the_setting_that_does(loaded: Loaded) -> None:
    """Never "choose none" for a shape or a sound that would then be lost."""
    head = (
        "campaign: c\ntrust: reported\nmatrix: {model: [MODEL], duration: [6], size: [hd], prompt: [A shoe]"
    )
    remedies = {
        (model, more): reasons(
            expanded(loaded(f"{head}, {more}}}\n".replace("MODEL", f"seedance-2.0, {model}")))
        )
        for model in ("MiniMax-Hailuo-2.3", "MiniMax-H3")
        for more in ('audio: [false], aspect_ratio: ["9:16"]', "audio: [true]", "audio: [false]")
    }

    last = {key: [text.partition("; ")[2] for text in found] for key, found in remedies.items()}
    assert last["MiniMax-Hailuo-2.3", 'audio: [false], aspect_ratio: ["9:16"]'] == [
        'give a first frame of 9:16, or `frames: {"9:16": FILE}` with the axis `shape`'
    ]
    assert last["MiniMax-Hailuo-2.3", "audio: [true]"] == [
        "its sound is always off: choose none, or leave MiniMax-Hailuo-2.3 out"
    ]
    assert last["MiniMax-Hailuo-2.3", "audio: [false]"] == [
        "choose none, or write `applies: {audio: where offered}`"
    ]
    assert last["MiniMax-H3", "audio: [false]"] == [
        "its sound is always on: choose none, or leave MiniMax-H3 out"
    ]


def test_a_sheet_orders_shapes_by_a_column_of_ratios(loaded: Loaded) -> None:
    """Any other column of that name only travels with its row, as before."""
    head = "model,duration,size,prompt,audio,shape\n"
    tall = expanded(loaded(head + "seedance-2.0,5,720p,A shoe,no,9:16\n", name="a.csv"))
    word = expanded(loaded(head + "seedance-2.0,5,720p,A shoe,no,round\n", name="a.csv"))

    assert [job.asked.shape for job in tall.jobs if job.asked] == ["9:16"]
    assert [(job.asked.shape, job.columns) for job in word.jobs if job.asked] == [
        ("16:9", {"shape": "round"})
    ]


def test_the_next_batch_may_order_every_clip_again(loaded: Loaded) -> None:
    """By the labels that a report has, also where a model lacks an axis or gets its shape by a picture."""
    found = loaded(
        """campaign: c
applies: {audio: where offered}
matrix:
  model: [MiniMax-Hailuo-02, seedance-2.0]
  duration: [6]
  size: [hd]
  audio: [true, false]
  shape: ["16:9", "9:16"]
  prompt: [{id: a, text: A shoe}]
frames: {"9:16": f9x16.png}
"""
    )
    made = expanded(found)
    assert found.campaign
    cells = Cells(found.campaign, CATALOG)

    again = [cells.resolve(job.levels) for job in made.jobs]

    assert len(made.jobs) == 6
    assert [one.job.variant.variant_id for one in again if one] == [j.variant.variant_id for j in made.jobs]


def build(job: Job) -> dict[str, object]:
    family = CATALOG.families[CATALOG.models[job.variant.model].family]
    return build_request(
        job.variant, family, first_frame_url="https://a.example/f" if job.variant.first_frame else None
    )
