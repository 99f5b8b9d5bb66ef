"""Judgements: what galleries export comes in once, for good, and the newest word counts."""

import json
from datetime import timedelta
from itertools import permutations
from pathlib import Path

import jsonschema
import pytest

from hailuo.publish.manifest import (
    Judgement,
    JudgementError,
    Pick,
    build,
    judgement_schema,
    judgements_json,
    newest,
    read_judgements,
    to_jsonl,
)
from hailuo.publish.picks import judge, judgements_of
from hailuo.store.layout import Edition
from hailuo.testing import MemoryStore, VirtualClock
from tests.publish.manifest.rows import JUDGEMENT, NOON, full_table, make_job, stored

EDITION = Edition("cmp", "main")
EXPORTED = {
    "schema": "hailuo.judgements/1.0",
    "campaign": EDITION.campaign,
    "edition": EDITION.name,
    "reviewer": "ann",
    "exported_at": "2026-11-22T12:30:00Z",
    "judgements": [
        {
            "creative_id": "7KQ2M9X401",
            "pick": "finalist",
            "rating": 4,
            "tags": ["hero"],
            "note": "the haze!",
            "reviewer": "ann",
            "reviewed_at": "2026-11-22T12:00:00Z",
        }
    ],
}


def judged(reviewer: str = "ann", *, minutes: float = 0, pick: Pick = Pick.PICK) -> Judgement:
    return Judgement(
        creative_id="7KQ2M9X401",
        pick=pick,
        reviewer=reviewer,
        reviewed_at=NOON + timedelta(minutes=minutes),
    )


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def store(clock: VirtualClock) -> MemoryStore:
    """With the manifest of an edition."""
    store = MemoryStore(clock)
    truth = to_jsonl(full_table())
    clock.run(store.put(EDITION.manifest_jsonl, truth, content_type="application/x-ndjson"))
    return store


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    path = tmp_path / "ann.json"
    path.write_text(json.dumps(EXPORTED))
    return path


def test_what_a_gallery_exports_is_read(exported: Path) -> None:
    """The documented format is the one that comes in."""
    file = read_judgements(exported.read_bytes(), name="ann.json")

    assert file.judgements == (JUDGEMENT,)


def test_the_example_of_the_format_is_valid_by_its_schema() -> None:
    """docs/reference/judgements.schema.json says what is read."""
    schema = judgement_schema()

    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(EXPORTED, schema)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": "hailuo.judgements/2.0"}, "schema: "),
        ({"judgements": [{**JUDGEMENT.model_dump(mode="json"), "rating": 6}]}, "judgements.0.rating"),
        ({"judgements": [{**JUDGEMENT.model_dump(mode="json"), "pick": "love"}]}, "judgements.0.pick"),
        ({"judgements": [{**JUDGEMENT.model_dump(mode="json"), "reviewer": ""}]}, "judgements.0.reviewer"),
        ({"judgements": [{**JUDGEMENT.model_dump(mode="json"), "creative_id": "../x"}]}, "creative_id"),
        (
            {"judgements": [{**JUDGEMENT.model_dump(mode="json"), "reviewed_at": "2026-11-22T12:00:00"}]},
            "reviewed_at",
        ),
    ],
)
def test_what_is_no_judgement_is_refused_by_its_place(change: dict[str, object], message: str) -> None:
    """Nobody's word is guessed at."""
    with pytest.raises(JudgementError, match=message):
        read_judgements(json.dumps({**EXPORTED, **change}).encode(), name="ann.json")


def test_the_newest_word_of_every_reviewer_counts_in_any_order_of_files() -> None:
    """Which file came in first changes nothing."""
    said = [judged(minutes=1), judged(minutes=3, pick=Pick.REJECT), judged("bea", minutes=2)]

    orders = [newest(order) for order in permutations(said)]

    assert all(order == {"7KQ2M9X401": (said[1], said[2])} for order in orders)


def test_the_manifest_shows_the_newest_word_and_keeps_everybodys() -> None:
    """One reviewer does not hide another."""
    given = newest([judged(minutes=1), judged("bea", minutes=2, pick=Pick.REJECT)])

    [row] = build([stored(make_job(), judgements=given["7KQ2M9X401"])], store_uri="").to_dict("records")

    assert (row["pick"], row["reviewer"], row["reviewed_at"]) == ("reject", "bea", "2026-11-22T12:02:00.000Z")
    assert [one["reviewer"] for one in row["judgements"]] == ["bea", "ann"]


def test_a_file_comes_in_once_however_often_it_is_given(
    clock: VirtualClock, store: MemoryStore, exported: Path
) -> None:
    """Its record is named by its content and never changed."""
    clock.run(judge(store, [exported], edition=EDITION))
    clock.run(judge(store, [exported], edition=EDITION))

    records = clock.run(store.listing("cmp/main/judgements/"))
    assert len(records) == 1
    assert clock.run(judgements_of(store, EDITION)) == {"7KQ2M9X401": (JUDGEMENT,)}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"edition": "other"}, "judges cmp/other, not cmp/main"),
        (
            {"judgements": [{**JUDGEMENT.model_dump(mode="json"), "creative_id": "ZZZZZZZZZZ"}]},
            "no creative of the edition is called ZZZZZZZZZZ",
        ),
    ],
)
def test_words_on_other_creatives_are_refused_and_nothing_comes_in(
    clock: VirtualClock, store: MemoryStore, exported: Path, change: dict[str, object], message: str
) -> None:
    """All files or none: a mistake in one leaves no half."""
    other = exported.with_name("bea.json")
    other.write_text(json.dumps({**EXPORTED, **change}))

    with pytest.raises(JudgementError, match=message):
        clock.run(judge(store, [exported, other], edition=EDITION))

    assert not clock.run(store.listing("cmp/main/judgements/"))


def test_a_file_that_cannot_be_read_is_refused(
    clock: VirtualClock, store: MemoryStore, tmp_path: Path
) -> None:
    """With its name."""
    with pytest.raises(JudgementError, match=r"missing\.json"):
        clock.run(judge(store, [tmp_path / "missing.json"], edition=EDITION))


def test_a_record_that_was_cut_by_hand_holds_nothing_up(clock: VirtualClock, store: MemoryStore) -> None:
    """The others still count."""
    file = read_judgements(json.dumps(EXPORTED).encode(), name="ann.json")
    for name, content in (("a", b"{"), ("b", judgements_json(file))):
        clock.run(store.create(f"cmp/main/judgements/{name}.json", content))

    assert clock.run(judgements_of(store, EDITION)) == {"7KQ2M9X401": (JUDGEMENT,)}
