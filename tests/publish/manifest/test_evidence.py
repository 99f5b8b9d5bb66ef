"""What a row knows beside the ledger: measurements, copies, disclosure; and that a publication is whole or not at all."""

from dataclasses import replace
from decimal import Decimal

import pytest

from hailuo.campaign.model import SyntheticPerformer
from hailuo.campaign.variant import FirstFrame
from hailuo.media import QA_VERSION, Inspection, NearDuplicate
from hailuo.publish.evidence import Evidence
from hailuo.publish.manifest import COLUMNS, ManifestError, build, check
from tests.publish.manifest.rows import COPY, JUDGEMENT, MEASURED, make_job, stored

JOB = make_job()
DONE = stored(JOB).record.done
FOUND = Inspection(
    sha256="e3b0",
    bytes=2581477,
    container="mp4",
    width=1366,
    height=768,
    aspect=1.7786,
    fps=24.0,
    frames=141,
    duration_s=5.875,
    has_audio=False,
    loudness_lufs=float("-inf"),
    phash=("c3",) * 8,
    pdq=("aa",) * 8,
)


def test_a_row_has_what_the_inspection_found_and_a_verdict() -> None:
    """Columns are named as the inspection names them; what it cannot say is null."""
    evidence = Evidence(inspections={JOB.creative_id: FOUND})

    measured = evidence.measured(JOB, DONE)

    told = {
        "width": 1366,
        "frames": 141,
        "qa_version": QA_VERSION,
        "loudness_lufs": None,
        "phash": ["c3"] * 8,
    }
    assert {column: measured[column] for column in told} == told
    assert measured["qa_verdict"] in {"pass", "warn", "fail"}
    assert isinstance(measured["placements"], dict)
    assert set(measured) <= set(COLUMNS)


def test_a_row_with_all_evidence_keeps_the_contract() -> None:
    """What the checks, the copies and the people say fits the schema."""
    near = {JOB.creative_id: NearDuplicate("7KQ2M9X402", 12.5)}
    evidence = Evidence(inspections={JOB.creative_id: FOUND}, near=near)
    entry = stored(JOB, measured=evidence.measured(JOB, DONE), copies=[COPY], judgements=[JUDGEMENT])

    frame = build([entry], store_uri="s3://bucket")

    check(frame)
    assert list(frame["near_dup_of"]) == ["7KQ2M9X402", None]


def test_an_inspection_of_other_bytes_is_none() -> None:
    """A clip that was fetched anew is judged anew."""
    evidence = Evidence(inspections={JOB.creative_id: replace(FOUND, sha256="other")})

    measured = evidence.measured(JOB, DONE)

    assert (measured["qa_verdict"], measured["qa_flags"], measured.get("width")) == (
        "unknown",
        ["not_checked"],
        None,
    )


@pytest.mark.parametrize("url", ["https://example.com/hero.png", None])
def test_a_first_frame_that_nobody_could_compare_is_told_in_the_row(url: str | None) -> None:
    """Given as a URL it is never fetched; a file can be gone: could-not-check is told, and is no pass."""
    frame = FirstFrame(label="hero", sha256="ab" * 32, url=url, width=1366, height=768)
    job = replace(JOB, variant=replace(JOB.variant, first_frame=frame))
    evidence = Evidence(inspections={JOB.creative_id: FOUND})

    measured = evidence.measured(job, DONE)

    assert (measured["qa_verdict"], measured["qa_flags"]) == ("warn", ["first_frame_unchecked"])
    assert evidence.measured(JOB, DONE)["qa_verdict"] == "pass"


def test_previews_are_named_where_they_lie_and_nowhere_else() -> None:
    """The page never points to a picture that is not there."""
    evidence = Evidence(previews=frozenset({"cmp/main/previews/7KQ2M9X401-poster.webp"}))

    [row] = build([stored(JOB, measured=evidence.measured(JOB, DONE))], store_uri="s3://b").to_dict("records")

    assert row["poster_uri"] == "s3://b/cmp/main/previews/7KQ2M9X401-poster.webp"
    assert row["sheet_uri"] is None


def test_a_job_without_a_clip_has_no_verdict() -> None:
    """Nothing was delivered, so nothing is judged."""
    assert Evidence().measured(JOB, None) == {}


def test_a_copy_is_a_row_of_its_own_that_cost_nothing() -> None:
    """It names its original, how it was made and where it lies; sums over money are as before."""
    original, copy = build([stored(JOB, copies=[COPY])], store_uri="s3://b").to_dict("records")

    assert (copy["derived_from"], copy["derivation"]) == (JOB.creative_id, "conform/1 1080x1920")
    assert (copy["s3_uri"], copy["width"], copy["bytes"]) == (f"s3://b/{COPY.key}", 1080, None)
    assert (copy["cost_est"], copy["cost_actual"], copy["attempts"]) == (None, None, 0)
    assert (original["derived_from"], original["cost_actual"]) == (None, Decimal("0.27"))
    assert copy["cell_id"] == original["cell_id"]


def test_a_copy_keeps_its_id_when_it_is_made_again_in_another_way() -> None:
    """Ads that run with it go on being found; a copy for another placement is another creative."""
    again = replace(COPY, derivation="conform/2", sha256="dd")
    other = replace(COPY, name="meta_reels")

    ids = [
        build([stored(JOB, copies=[copy])], store_uri="")["creative_id"][1] for copy in (COPY, again, other)
    ]

    assert ids[0] == ids[1] != ids[2]
    assert JOB.creative_id not in ids
    assert ids[0] in build([stored(JOB, copies=[COPY])], store_uri="")["ad_name"][1]


@pytest.mark.parametrize("answer", SyntheticPerformer)
def test_the_answer_about_synthetic_performers_stands_in_every_row(answer: SyntheticPerformer) -> None:
    """Also in those of copies, which are what gets uploaded."""
    frame = build([stored(JOB, copies=[COPY])], store_uri="", synthetic_performer=answer)

    assert list(frame["synthetic_performer"]) == [answer.value] * 2
    assert list(frame["ai_generated"]) == [True, True]


@pytest.mark.parametrize(("ordered", "visible"), [({}, None), ({"aigc_watermark": "true"}, True)])
def test_a_visible_mark_is_told_where_one_was_ordered(ordered: dict[str, str], visible: bool | None) -> None:
    """Otherwise nobody knows."""
    job = replace(JOB, variant=replace(JOB.variant, parameters=ordered))

    assert list(build([stored(job)], store_uri="")["watermark_visible"]) == [visible]


def test_a_defect_in_a_measurement_is_told_with_its_row_and_column() -> None:
    """Whoever measured it can look there."""
    frame = build([stored(JOB, measured={**MEASURED, "width": "wide"})], store_uri="")

    with pytest.raises(ManifestError, match="row 1, width"):
        check(frame)
