"""The types in data.js against the data that a page really gets: the type checker is the judge."""

import json
import subprocess
from importlib import resources
from pathlib import Path

import pytest

from hailuo.publish import gallery
from hailuo.publish.preferences import (
    AxisPreference,
    Learned,
    LevelPreference,
    Preferences,
    TasteAndResults,
)
from hailuo.publish.results import ClipResult, PlatformResults, Results
from tests.publish.gallery.pages import BUILT_AT, make_frame, page_of, without_clip

CHECKS = Path(__file__).parents[3] / "scripts" / "javascript"
TSC = CHECKS / "node_modules" / ".bin" / "tsc"
FULL: dict[str, object] = {
    "qa_verdict": "warn",
    "qa_flags": ["no_audio"],
    "placements": {"tiktok_infeed": {"verdict": "fail", "reasons": ["no_audio"]}},
    "pick": "finalist",
    "rating": 4,
    "tags": ["hero"],
    "reviewer": "Ana",
    "width": 1080,
    "height": 1920,
    "fps": 24.0,
    "poster_uri": "previews/A-poster.webp",
    "is_control": True,
}
OTHER_PROMPT: dict[str, object] = {
    "creative_id": "OTHER",
    "prompt": "Sneaker on wet stone",
    "prompt_vars": {},
}
COPY: dict[str, object] = {"creative_id": "C0PY", "derived_from": "7KQ2M9X4TD", "derivation": "conform/1"}
LEARNED = Learned(
    results=Results(
        made_at=BUILT_AT,
        report="reports/2026-11-22T220000Z/report.html",
        confidence=0.95,
        platforms=(
            PlatformResults(
                platform="meta",
                metric="ctr",
                higher_is_better=True,
                clips=(
                    ClipResult(
                        creative_id="7KQ2M9X4TD",
                        value=0.012,
                        low=0.01,
                        high=None,
                        corrected=None,
                        said="1.20 %",
                        interval="more than 1.00 %",
                        corrected_said="-",
                        rests_on="",
                        standing="Leads",
                    ),
                ),
                name="Meta",
                label="CTR",
                unit="%",
                about="-",
            ),
        ),
    ),
    preferences=Preferences(
        axes=(
            AxisPreference(
                axis="model",
                choices=3,
                people=2,
                levels=(
                    LevelPreference(
                        level="MiniMax-Hailuo-02",
                        chance=0.7,
                        low=0.4,
                        high=0.9,
                        p_best=0.9,
                        won=2.5,
                        choices=3,
                    ),
                ),
                also=(("size", 1),),
            ),
        ),
        agreement=(
            TasteAndResults(
                taste="ratings",
                platform="meta",
                label="Meta CTR",
                clips=6,
                correlation=0.5,
                low=-0.2,
                high=0.9,
            ),
        ),
    ),
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not TSC.exists(), reason="no type checker here: `make javascript` installs it"),
]


def problems(folder: Path, data: object) -> list[str]:
    """What the type checker says of this data as a value of the type Data."""
    (folder / "page.js").write_text(f"/** @type {{Data}} */\nexport const page = {json.dumps(data)};\n")
    with resources.as_file(resources.files(gallery)) as scripts:
        settings = {"extends": str(CHECKS / "tsconfig.json"), "include": ["page.js", f"{scripts}/*.js"]}
        (folder / "tsconfig.json").write_text(json.dumps(settings))
        found = subprocess.run([TSC, "--project", folder], capture_output=True, text=True, check=False)  # noqa: S603 - a program and paths of ours
    return found.stdout.splitlines()


def test_the_data_of_a_page_has_the_types_that_its_scripts_expect(tmp_path: Path) -> None:
    """A page with every kind of value: none is missing, of another type, or not described."""
    rows = make_frame(FULL, OTHER_PROMPT, {"creative_id": "FAILED", **without_clip("failed")}, COPY)

    assert problems(tmp_path, page_of(rows, learned=LEARNED).data) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"seed": None}, "Type 'null' is not assignable to type 'number'"),
        ({"unit": "s"}, "does not exist in type 'Data'"),
        (
            {"columns": [{"name": "take", "label": "take", "numeric": True, "unit": "", "about": ""}]},
            "'trace' is missing",
        ),
    ],
)
def test_other_data_is_refused(tmp_path: Path, change: dict[str, object], problem: str) -> None:
    """A value of another type, one that is not described and one that is missing are each a problem."""
    [found] = problems(tmp_path, {**page_of(make_frame(FULL)).data, **change})

    assert problem in found
