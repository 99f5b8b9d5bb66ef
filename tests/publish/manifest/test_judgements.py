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
    clock.run(judge(store, [exported], edition=EDITION, clock=clock))
    clock.run(judge(store, [exported], edition=EDITION, clock=clock))

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
        clock.run(judge(store, [exported, other], edition=EDITION, clock=clock))

    assert not clock.run(store.listing("cmp/main/judgements/"))


def test_a_file_that_cannot_be_read_is_refused(
    clock: VirtualClock, store: MemoryStore, tmp_path: Path
) -> None:
    """With its name."""
    with pytest.raises(JudgementError, match=r"missing\.json"):
        clock.run(judge(store, [tmp_path / "missing.json"], edition=EDITION, clock=clock))


def test_a_record_that_was_cut_by_hand_holds_nothing_up(clock: VirtualClock, store: MemoryStore) -> None:
    """The others still count."""
    file = read_judgements(json.dumps(EXPORTED).encode(), name="ann.json")
    for name, content in (("a", b"{"), ("b", judgements_json(file))):
        clock.run(store.create(f"cmp/main/judgements/{name}.json", content))

    assert clock.run(judgements_of(store, EDITION)) == {"7KQ2M9X401": (JUDGEMENT,)}


def judged_file(folder: Path, name: str, *judgements: Judgement, **changes: object) -> Path:
    path = folder / f"{name}.json"
    content = [one.model_dump(mode="json") for one in judgements]
    path.write_text(json.dumps({**EXPORTED, "judgements": content, **changes}))
    return path


@pytest.mark.parametrize("name", ["ann", "unnamed", " ANN "])
@pytest.mark.parametrize("sources", [(None, None), ("1", "2"), (None, "2")])
@pytest.mark.parametrize("at_once", [True, False])
def test_two_people_of_one_name_are_refused_until_they_are_named(
    *,
    clock: VirtualClock,
    store: MemoryStore,
    tmp_path: Path,
    name: str,
    sources: tuple[str | None, str | None],
    at_once: bool,
) -> None:
    """What one said would count as the other's; also if the first file came in long before."""
    reviewers = ("ann" if name == " ANN " else name, name)
    first, second = (
        judged_file(tmp_path, str(number), judged(one, minutes=number), source=source, reviewer=one)
        for number, (one, source) in enumerate(zip(reviewers, sources, strict=True))
    )
    if not at_once:
        clock.run(judge(store, [first], edition=EDITION, clock=clock))

    with pytest.raises(JudgementError, match="another file differs and is also by"):
        clock.run(judge(store, [first, second], edition=EDITION, clock=clock))
    clock.run(judge(store, [first], edition=EDITION, clock=clock, reviewer="Ann A"))
    clock.run(judge(store, [second], edition=EDITION, clock=clock, reviewer="Ann B"))

    known = clock.run(judgements_of(store, EDITION))["7KQ2M9X401"]
    assert {one.reviewer for one in known} >= {"Ann A", "Ann B"}


@pytest.mark.parametrize("source", [None, "1"])
def test_one_person_who_went_on_is_one_person(
    clock: VirtualClock, store: MemoryStore, tmp_path: Path, source: str | None
) -> None:
    """A second export holds what the first one held, and more."""
    other = Judgement(creative_id="7KQ2M9X402", pick=Pick.REJECT, reviewer="ann", reviewed_at=NOON)
    first = judged_file(tmp_path, "1", judged(), other, source=source)
    second = judged_file(tmp_path, "2", judged(minutes=5, pick=Pick.NONE), other, source=source)

    clock.run(judge(store, [first], edition=EDITION, clock=clock))
    clock.run(judge(store, [second], edition=EDITION, clock=clock))

    [newest_word] = clock.run(judgements_of(store, EDITION))["7KQ2M9X401"]
    assert newest_word.pick is Pick.NONE


@pytest.mark.parametrize(
    "at", ["9999-12-31T23:59:59-14:00", "2027-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"]
)
def test_times_have_bounds(clock: VirtualClock, store: MemoryStore, tmp_path: Path, at: str) -> None:
    """A judgement from the future would win for as long as it lasts, and one from the year 1 has no time in UTC."""
    wrong = {**judged().model_dump(mode="json"), "reviewed_at": at}
    path = tmp_path / "ann.json"
    path.write_text(json.dumps({**EXPORTED, "judgements": [wrong]}))

    with pytest.raises(JudgementError, match=r"is to come|reviewed_at: .* greater than or equal"):
        clock.run(judge(store, [path], edition=EDITION, clock=clock))
