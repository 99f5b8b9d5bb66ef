"""`fallback`: a substitute is a job of its own, in its model's words, and a campaign without one stays as it is."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hailuo.campaign.catalog import Model, Trust
from hailuo.campaign.expand import Expansion, expand
from hailuo.campaign.files import LoadedCampaign, load_campaign, load_catalog
from hailuo.vendor import build_request

AT = datetime(2026, 11, 30, tzinfo=UTC)
CATALOG = load_catalog()
SURE = [model for model in CATALOG.models.values() if model.trust.reaches(Trust.DOCUMENTED)]
KLING, HAILUO, SEEDANCE = "kling-v3-omni-video", "MiniMax-Hailuo-2.3", "seedance-2.0-fast"
SPRING = f"""campaign: spring
takes: 2
defaults: {{size: hd}}
matrix:
  model: [{KLING}]
  duration: [6]
  audio: [false]
  prompt: [{{id: a, text: A shoe}}, {{id: b, text: A boot}}]
"""
Read = Callable[[str], LoadedCampaign]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def load(text: str) -> LoadedCampaign:
        path = tmp_path / "spring.yaml"
        path.write_text(text, encoding="utf-8")
        return load_campaign(path, catalog=CATALOG, at=AT)

    return load


def expanded(found: LoadedCampaign) -> Expansion:
    assert found.problems == ()
    assert found.campaign
    return expand(found.campaign, CATALOG)


def problems(found: LoadedCampaign) -> list[str]:
    own = expand(found.campaign, CATALOG).problems if found.campaign else ()
    return [f"{p.place.line}: {p.reason}; {p.remedy}" for p in (*found.problems, *own)]


def test_the_jobs_of_a_file_are_the_same_with_and_without_substitutes(read: Read) -> None:
    """Ids, order and settings: a substitute adds jobs, and changes none."""
    plain, more = expanded(read(SPRING)), expanded(read(f"{SPRING}fallback: [{HAILUO}]\n"))

    assert plain.jobs == more.jobs
    assert plain.substitutes == ()


def test_every_take_has_a_substitute_of_its_own(read: Read) -> None:
    """Another id, the same prompt and take, the other model's size of the tier; silence need not be asked of it."""
    found = expanded(read(f"{SPRING}fallback: [{HAILUO}]\n"))

    assert [job.fallback_for for job in found.substitutes] == [job.creative_id for job in found.jobs]
    assert len({job.creative_id for job in (*found.jobs, *found.substitutes)}) == 8
    for job, other in zip(found.jobs, found.substitutes, strict=True):
        assert (other.take, other.variant.prompt) == (job.take, job.variant.prompt)
        assert (other.variant.model, other.variant.size) == (HAILUO, "768p")
        assert other.variant.parameters == {}
        assert other.levels["model"] == HAILUO
        assert not other.is_control


def test_the_control_has_no_second_one(read: Read) -> None:
    """A comparison has one baseline: what replaces it is none."""
    found = expanded(read(f"{SPRING}control: {{prompt: a}}\nfallback: [{HAILUO}]\n"))

    assert sum(job.is_control for job in found.jobs) == 2
    assert not any(job.is_control for job in found.substitutes)


def test_models_replace_in_their_order_and_never_themselves(read: Read) -> None:
    """Each other model of the list once, for every job."""
    text = SPRING.replace(f"[{KLING}]", f"[{KLING}, {SEEDANCE}]").replace("[6]", "[6, 10]")
    found = expanded(read(f"{text}fallback: [{SEEDANCE}, {KLING}]\n"))

    models = {job.creative_id: job.variant.model for job in found.jobs}
    pairs = {(models[str(job.fallback_for)], job.variant.model) for job in found.substitutes}
    assert pairs == {(KLING, SEEDANCE), (SEEDANCE, KLING)}
    again = expanded(read(f"{SPRING}fallback: [{SEEDANCE}, {HAILUO}]\n"))
    assert [job.variant.model for job in again.substitutes[:4]] == [SEEDANCE, SEEDANCE, HAILUO, HAILUO]


def test_a_model_has_its_own_values(read: Read) -> None:
    """In the list it has those of its block in `models`; in a mapping, those that are written there."""
    head = f"campaign: c\nmodels:\n  {KLING}: {{duration: 5, audio: false}}\n  {HAILUO}: {{duration: [10, 6], size: 768p}}\n"
    text = f"{head}defaults: {{size: hd}}\nmatrix: {{prompt: [{{id: a, text: A shoe}}]}}\n"
    (listed,) = expanded(read(f"{text}fallback: [{HAILUO}]\n")).substitutes
    (named,) = expanded(read(f"{text}fallback: {{{HAILUO}: {{duration: 6, size: 1080p}}}}\n")).substitutes

    assert (listed.variant.duration, listed.variant.size) == (10, "768p")
    assert (named.variant.duration, named.variant.size) == (6, "1080p")


@pytest.mark.parametrize(
    ("fallback", "said"),
    [
        (f"[{SEEDANCE}x]", "the model 'seedance-2.0-fastx' is not in the catalog; did you mean 'seedance-2.0-fast'?"),
        ("seedance-2.0-fast", "fallback is 'seedance-2.0-fast', not a list; write fallback: [seedance-2.0-fast]"),
        ("[wan2.6-t2v]", "write `trust: guessed` in the YAML file to accept that"),
        (f"[{HAILUO}, {HAILUO}]", "is listed twice; keep one of them"),
        ("[MiniMax-Hailuo-2.3-Fast]", "cannot replace kling-v3-omni-video: MiniMax-Hailuo-2.3-Fast needs a first frame"),
        (f"{{{HAILUO}: {{prompt: other}}}}", "a substitute has the prompt of the job that it replaces; remove it"),
        (f"{{{HAILUO}: {{size: 512p}}}}", "cannot replace kling-v3-omni-video: size 512p is not offered by MiniMax-Hailuo-2.3"),
        (f"{{{HAILUO}: {{duration: 8}}}}", "its own values are written as `fallback: {MiniMax-Hailuo-2.3: {duration: VALUE}}`"),
    ],
)  # fmt: skip
def test_a_substitute_that_cannot_be_built_is_refused_at_its_line(
    read: Read, fallback: str, said: str
) -> None:
    """Before anything is bought, with the reason and what to write instead; also where other combinations are skipped."""
    for policy in ("stop", "skip"):
        found = read(f"illegal: {policy}\n{SPRING}fallback: {fallback}\n")

        assert [line for line in problems(found) if said in line and line.startswith("10: ")]


def test_a_shape_is_kept(read: Read) -> None:
    """A model that makes no clip of the shape cannot replace one that does."""
    text = SPRING.replace("  audio: [false]", '  audio: [false]\n  shape: ["9:16"]')

    (found,) = expanded(read(f"{text}fallback: [{SEEDANCE}]\n")).substitutes[:1]

    assert found.asked
    assert found.asked.shape == "9:16"
    assert any(
        "makes no clip of the shape 9:16" in line for line in problems(read(f"{text}fallback: [{HAILUO}]\n"))
    )


@pytest.mark.parametrize("model", SURE, ids=lambda model: model.name)
@pytest.mark.parametrize("other", SURE, ids=lambda model: model.name)
def test_whatever_is_let_in_can_be_built(read: Read, model: Model, other: Model) -> None:
    """Every model against every other: the substitute is refused, or the vendor's body can be made of it."""
    offer, settings = model.offers[0], CATALOG.family_of(model).settings
    sound = "\n  audio: [false]" if "audio" in settings else ""
    text = f"campaign: c\nmatrix:\n  model: [{model.name}]\n  duration: [{offer.duration}]\n  size: [{offer.size}]{sound}\n"
    found = read(f"{text}  prompt: [{{id: a, text: A shoe}}]\nfallback: [{other.name}]\n")
    assert found.campaign

    made = expand(replace(found.campaign), CATALOG)

    for job in made.substitutes if not made.problems else ():
        family = CATALOG.family_of(CATALOG.models[job.variant.model])
        assert build_request(job.variant, family, first_frame_url=None)["model"] == other.name
