"""Laws of the matrix, for every campaign of a kind."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from hailuo.campaign.expand import expand
from hailuo.campaign.files import load_campaign, load_catalog
from hailuo.campaign.job import Job
from tests.support.examples import examples

pytestmark = pytest.mark.slow

AT = datetime(2026, 11, 22, tzinfo=UTC)
CATALOG = load_catalog()
WORD = st.text(st.characters(categories=["L", "Nd"], max_codepoint=0x24F), min_size=1, max_size=6)
Axes = Mapping[str, Sequence[object]]


def _subset(*values: object) -> st.SearchStrategy[list[object]]:
    return st.lists(st.sampled_from(values), min_size=1, unique=True)


AXES = st.fixed_dictionaries(
    {
        "model": _subset("MiniMax-Hailuo-02", "MiniMax-Hailuo-2.3"),
        "duration": _subset(6, 10),
        "size": st.just(["768p"]),
        "prompt": st.lists(WORD.map("{{surface}} on {}".format), min_size=1, max_size=3, unique=True),
        "surface": st.lists(WORD, min_size=1, max_size=3, unique=True),
    }
)


def _jobs(name: str, content: str) -> tuple[Job, ...]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_text(content, encoding="utf-8")
        loaded = load_campaign(path, catalog=CATALOG, at=AT)
        assert loaded.problems == ()
        assert loaded.campaign
        expansion = expand(loaded.campaign, CATALOG)
        assert expansion.problems == ()
        return expansion.jobs


def _from_matrix(axes: Axes, **more: object) -> tuple[Job, ...]:
    """JSON is YAML: the campaign as a file."""
    return _jobs(
        "spring.yaml", json.dumps({"campaign": "spring", "matrix": axes, **more}, ensure_ascii=False)
    )


def _ids(jobs: Sequence[Job]) -> set[str]:
    return {job.creative_id for job in jobs}


@given(AXES, st.integers(1, 3), st.data())
def test_size_is_product_less_excluded_plus_included(axes: Axes, takes: int, data: st.DataObject) -> None:
    """No cell is lost, none comes twice."""
    cells = [dict(zip(axes, cell, strict=True)) for cell in product(*axes.values())]
    excluded = data.draw(st.lists(st.sampled_from(cells), max_size=len(cells) - 1, unique_by=str))
    row = {**cells[0], "prompt": "A prompt of its own"}

    jobs = _from_matrix(axes, takes=takes, exclude=excluded, include=[row])

    assert len(jobs) == len(_ids(jobs)) == takes * (len(cells) - len(excluded) + 1)


@given(AXES, st.randoms(use_true_random=False))
def test_the_order_of_the_file_changes_no_id(axes: Axes, random: Random) -> None:
    """Axes and values may be moved about freely."""
    names = list(axes)
    random.shuffle(names)
    moved = {name: random.sample(list(axes[name]), len(axes[name])) for name in names}

    assert _ids(_from_matrix(axes)) == _ids(_from_matrix(moved))


@given(AXES)
def test_a_table_of_the_same_cells_expands_alike(axes: Axes) -> None:
    """YAML matrix, CSV of complete rows, CSV with alternatives: the same jobs."""
    rows, alternatives = io.StringIO(), io.StringIO()
    csv.writer(rows).writerows([axes.keys(), *product(*axes.values())])
    csv.writer(alternatives).writerows([axes.keys(), ["|".join(map(str, v)) for v in axes.values()]])

    jobs = _from_matrix(axes)

    assert _jobs("spring.csv", alternatives.getvalue()) == jobs
    assert _jobs("spring.csv", rows.getvalue()) == jobs


@given(AXES, WORD)
def test_editing_one_prompt_changes_only_its_own_ids(axes: Axes, word: str) -> None:
    """The clips of all others stay bought."""
    first, *others = [str(prompt) for prompt in axes["prompt"]]

    before = _from_matrix(axes)
    after = _from_matrix({**axes, "prompt": [f"{first} edited, {word}", *others]})

    own = {job.creative_id for job in before if job.levels["prompt"] == before[0].levels["prompt"]}
    assert _ids(before) - _ids(after) == own
    assert len(_ids(after) - _ids(before)) == len(own)


@given(AXES)
def test_names_are_no_part_of_an_id(axes: Axes) -> None:
    """Giving a prompt an id of its own buys nothing anew."""
    named = [{"id": f"p{i}", "text": text} for i, text in enumerate(axes["prompt"])]

    assert _ids(_from_matrix({**axes, "prompt": named})) == _ids(_from_matrix(axes))


@settings(max_examples=examples(50))
@given(st.text("ab{}.[]!:0_", max_size=12))
def test_templates_take_plain_names_or_are_refused(text: str) -> None:
    """No attribute, index, conversion or format is ever evaluated."""
    content = json.dumps(
        {
            "campaign": "spring",
            "matrix": {
                "model": ["MiniMax-Hailuo-02"],
                "duration": [6],
                "size": ["768p"],
                "prompt": [f"shot {{a}} {text}"],
                "a": ["X"],
            },
        }
    )
    with TemporaryDirectory() as folder:
        path = Path(folder) / "spring.yaml"
        path.write_text(content, encoding="utf-8")
        loaded = load_campaign(path, catalog=CATALOG, at=AT)
    prompts = [job.variant.prompt for job in expand(loaded.campaign, CATALOG).jobs] if loaded.campaign else []

    assert loaded.problems or prompts == [" ".join(f"shot {{a}} {text}".format(a="X").split())]
