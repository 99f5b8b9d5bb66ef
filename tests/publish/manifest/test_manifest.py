"""The manifest: rows from jobs, and the files that people open."""

import csv
import io
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hailuo.campaign.job import Job
from hailuo.campaign.variant import FirstFrame, Variant
from hailuo.ledger.facts import (
    Abandoned,
    Attempt,
    Done,
    Doubt,
    End,
    Intent,
    JobRecord,
    JobState,
    Orphan,
    Refused,
    Submitted,
)
from hailuo.publish.manifest import (
    COLUMNS,
    SCHEMA,
    ManifestEntry,
    ManifestError,
    Status,
    build,
    read_jsonl,
    to_csv,
    to_jsonl,
)
from hailuo.store.layout import Edition

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
FRAME = FirstFrame(label="A1", sha256="77ab", suffix=".png")
SUBMITTED = Submitted(at=NOON, task_id="task_1", base_url="https://vendor.example", request_id="req_1")
FAILED = End(
    at=NOON + timedelta(seconds=70), code="1027", message="output refused", moderated=True, refunded=False
)


def make_job(levels: Mapping[str, str] | None = None, *, take: int = 1, **settings: object) -> Job:
    defaults: dict[str, object] = {
        "model": "MiniMax-Hailuo-2.3",
        "prompt": "A bottle",
        "duration": 6,
        "size": "768p",
    }
    variant = Variant(**{**defaults, **settings})  # type: ignore[arg-type]  # a factory for tests
    return Job(
        creative_id=f"7KQ2M9X4{take:02d}",
        campaign="cmp",
        edition="main",
        variant=variant,
        take=take,
        levels={"prompt": "bottle"} if levels is None else levels,
    )


def make_record(job: Job, *, price: str = "0.28", done: Done | None = None, **facts: object) -> JobRecord:
    intent = Intent(nonce="n", worker="w", at=NOON, price_usd=Decimal(price), request_sha256="aa", job=job)
    attempt = Attempt(number=1, recorded_at=NOON, intent=intent, **facts)  # type: ignore[arg-type]  # a factory
    return JobRecord(creative_id=job.creative_id, attempts=(attempt,), done=done)


def make_done(job: Job, **changes: object) -> Done:
    defaults: dict[str, object] = {
        "attempt": 1,
        "task_id": "task_1",
        "key": job.clip_key,
        "sha256": "e3b0",
        "bytes": 2581477,
        "price_usd": Decimal("0.28"),
        "amount_usd": Decimal("0.27"),
        "submitted_at": NOON,
        "completed_at": NOON + timedelta(seconds=96),
        "stored_at": NOON + timedelta(seconds=99),
    }
    return Done(**{**defaults, **changes})  # type: ignore[arg-type]  # a factory for tests


def entry_of(job: Job, state: JobState = JobState.NEW, **changes: object) -> ManifestEntry:
    record = changes.pop("record", JobRecord(creative_id=job.creative_id))
    defaults: dict[str, object] = {"price_usd": Decimal("0.30")}
    return ManifestEntry(job=job, record=record, state=state, **{**defaults, **changes})  # type: ignore[arg-type]


def stored_entry(job: Job, **changes: object) -> ManifestEntry:
    done = make_done(job, **changes)
    return entry_of(job, JobState.STORED, record=make_record(job, outcome=SUBMITTED, done=done))


def row_of(entry: ManifestEntry, *, store_uri: str = "s3://bucket/ads") -> dict[str, object]:
    rows = read_jsonl(to_jsonl(build([entry], store_uri=store_uri))).to_dict("records")
    return {str(column): value for column, value in rows[0].items()}


def cells(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_a_manifest_has_every_column_in_order_even_without_rows() -> None:
    """Readers never have to ask whether a column is there."""
    frame = build([], store_uri="s3://bucket")

    assert tuple(frame.columns) == COLUMNS
    assert tuple(read_jsonl(to_jsonl(frame)).columns) == COLUMNS


def test_columns_follow_the_published_schema_and_end_with_ours() -> None:
    """The published columns come first, each once; ours are additions."""
    assert COLUMNS[:3] == ("schema", "creative_id", "campaign_id")
    ours = ("variant_id", "edition", "state", "refunded", "paid_twice_usd", "lost_usd", "judgements")
    since_1_1 = ("spent_usd", "assumed_usd", "reserved_usd", "to_buy_usd", "columns", "clip_number")
    asked = ("family", "trust", "shape_req", "shape_by", "audio_req")
    finished = ("finish", "finish_id", "finish_text", "is_newest_finish")
    assert COLUMNS[-24:] == ("note", *ours, *since_1_1, *asked, *finished, "fallback_for")
    assert len(set(COLUMNS)) == len(COLUMNS) == 126


def test_rows_stand_in_the_order_given() -> None:
    """One row per job, whatever its state, in the plan's order."""
    entries = [entry_of(make_job(take=take)) for take in (3, 1, 2)]

    assert list(build(entries, store_uri="s3://bucket")["take"]) == [3, 1, 2]


def test_a_stored_job_tells_times_money_and_place() -> None:
    """What was charged, how long it took and where it lies is in the row."""
    row = row_of(stored_entry(make_job(first_frame=FRAME)))

    told = {
        "schema": SCHEMA,
        "status": "stored",
        "state": "stored",
        "task_id": "task_1",
        "request_id": "req_1",
        "attempts": 1,
        "submitted_at": "2026-11-22T12:00:00.000Z",
        "completed_at": "2026-11-22T12:01:36.000Z",
        "stored_at": "2026-11-22T12:01:39.000Z",
        "render_s": 96.0,
        "cost_est": Decimal("0.28"),
        "cost_actual": Decimal("0.27"),
        "cost_currency": "USD",
        "s3_uri": "s3://bucket/ads/cmp/main/clips/7KQ2M9X401.mp4",
        "first_frame_uri": "s3://bucket/ads/cmp/main/frames/77ab.png",
        "bytes": 2581477,
        "sha256": "e3b0",
        "error_code": None,
    }
    assert {column: row[column] for column in told} == told


def test_media_and_judgement_columns_wait_as_null() -> None:
    """What has not been measured is null: never absent, never zero."""
    row = row_of(stored_entry(make_job()))

    assert [row[column] for column in ("width", "qa_verdict", "c2pa_state", "rating")] == [None] * 4


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (JobState.NEW, Status.PLANNED),
        (JobState.IN_DOUBT, Status.SUBMITTED),
        (JobState.UNKNOWN, Status.SUBMITTED),
        (JobState.SUBMITTED, Status.SUBMITTED),
        (JobState.REFUSED, Status.REJECTED),
        (JobState.FAILED, Status.FAILED),
        (JobState.STORED, Status.STORED),
    ],
)
def test_every_state_has_a_published_status(state: JobState, status: Status) -> None:
    """A submit in doubt never looks free to buy; the exact word stands beside it."""
    row = row_of(entry_of(make_job(), state))

    assert (row["status"], row["state"]) == (status.value, state.value)


def test_a_failed_job_says_why_and_whether_the_money_came_back() -> None:
    """Nobody has to open the ledger to learn what a failure cost."""
    job = make_job()

    row = row_of(entry_of(job, JobState.FAILED, record=make_record(job, outcome=SUBMITTED, end=FAILED)))

    assert (row["error_code"], row["error_message"], row["refunded"]) == ("1027", "output refused", False)
    assert (row["cost_est"], row["cost_actual"], row["render_s"]) == (Decimal("0.28"), None, None)


def test_an_unknown_job_shows_what_was_seen() -> None:
    """The person who settles it reads the last thing the vendor was heard to say."""
    job = make_job()
    doubt = Doubt(at=NOON, http_status=504, code=None, message="read timed out", request_id="req_9")

    row = row_of(entry_of(job, JobState.UNKNOWN, record=make_record(job, doubt=doubt)))

    assert (row["error_message"], row["request_id"], row["task_id"]) == ("read timed out", "req_9", None)
    assert row["submitted_at"] == "2026-11-22T12:00:00.000Z"


def test_a_task_id_that_came_too_late_is_told() -> None:
    """Whoever has to adopt it finds the vendor's id, and since when it is held, in the row."""
    job = make_job()
    given_up = Abandoned(at=NOON, by="bea", message="never arrived")
    late = Orphan(task_id="task_9", base_url="https://vendor.example", at=NOON + timedelta(hours=1))

    row = row_of(entry_of(job, JobState.UNKNOWN, record=make_record(job, outcome=given_up, orphans=(late,))))

    assert (row["task_id"], row["submitted_at"]) == ("task_9", "2026-11-22T13:00:00.000Z")
    assert (row["cost_est"], row["paid_twice_usd"]) == (Decimal("0.28"), Decimal(0))


def test_what_was_paid_twice_is_told() -> None:
    """A task id that came after the job was bought again is money that no other row accounts for."""
    job = make_job()
    given_up = Abandoned(at=NOON, by="bea")
    late = Orphan(task_id="task_9", base_url="https://vendor.example", at=NOON)
    record = make_record(job, outcome=given_up, orphans=(late,), done=make_done(job))

    row = row_of(entry_of(job, JobState.STORED, record=record))

    assert (row["task_id"], row["paid_twice_usd"]) == ("task_1", Decimal("0.28"))


def test_a_job_to_be_bought_again_is_priced_by_its_next_attempt() -> None:
    """The estimate is what buying now would cost, not what an earlier attempt reserved."""
    job = make_job()
    busy = Refused(at=NOON, code="1002", message="busy")

    row = row_of(entry_of(job, record=make_record(job, outcome=busy)))

    assert (row["cost_est"], row["submitted_at"], row["error_code"]) == (Decimal("0.30"), None, "1002")


def test_factors_are_only_the_axes_that_vary() -> None:
    """A column that is the same everywhere explains nothing; a missing level is null."""
    levels = [
        {"model": "2.3", "size": "768p", "prompt": "a", "surface": "stone"},
        {"model": "2.3", "size": "768p", "prompt": "b"},
    ]

    frame = build([entry_of(make_job(chosen)) for chosen in levels], store_uri="")

    assert list(frame["factors"]) == [
        {"prompt": "a", "surface": "stone"},
        {"prompt": "b", "surface": None},
    ]


def test_prompt_variables_are_the_axes_that_fill_the_prompt() -> None:
    """Settings and parameters are told elsewhere."""
    levels = {"prompt": "a", "duration": "6", "surface": "stone", "prompt_optimizer": "false"}

    row = row_of(entry_of(make_job(levels, parameters={"prompt_optimizer": "false"})))

    assert (row["prompt_vars"], row["params"]) == ({"surface": "stone"}, {"prompt_optimizer": "false"})


@pytest.mark.parametrize(
    ("url", "uri"),
    [
        ("https://cdn.example/hero.png?w=1024", "https://cdn.example/hero.png?w=1024"),
        ("https://b.example/hero.png?X-Amz-Signature=abc&X-Amz-Expires=9", "https://b.example/hero.png"),
        ("https://user:secret@cdn.example/hero.png", "https://cdn.example/hero.png"),
    ],
)
def test_no_signed_link_enters_a_manifest(url: str, uri: str) -> None:
    """Manifests are passed on; a grant to read a bucket is not."""
    frame = FirstFrame(label="A1", sha256="77ab", url=url)

    assert row_of(entry_of(make_job(first_frame=frame)))["first_frame_uri"] == uri


def test_without_a_store_uri_places_are_keys() -> None:
    """A folder that is moved or zipped keeps its manifest true."""
    row = row_of(stored_entry(make_job()), store_uri="")

    assert row["s3_uri"] == "cmp/main/clips/7KQ2M9X401.mp4"


def test_times_are_utc_and_sort_as_text() -> None:
    """A time of another zone is told in UTC, always with milliseconds."""
    eastern = NOON.astimezone(timezone(timedelta(hours=-5)))

    row = row_of(stored_entry(make_job(), submitted_at=eastern))

    assert row["submitted_at"] == "2026-11-22T12:00:00.000Z"


def test_a_render_time_is_unknown_where_clocks_disagree() -> None:
    """A negative duration would poison every average."""
    row = row_of(stored_entry(make_job(), completed_at=NOON - timedelta(seconds=1)))

    assert row["render_s"] is None


MONEY = st.decimals(min_value=0, max_value=10**12, allow_nan=False, allow_infinity=False)


@pytest.mark.slow
@given(amount=MONEY)
def test_money_keeps_every_digit(amount: Decimal) -> None:
    """No float stands between the bill and the file."""
    entry = stored_entry(make_job(), amount_usd=amount, price_usd=amount)
    line = to_jsonl(build([entry], store_uri=""))

    assert f'"cost_actual":{amount:f},' in line.decode()
    assert list(read_jsonl(line)["cost_actual"]) == [amount]


@pytest.mark.parametrize("amount", ["0", "-0.28", "0.013", "5000"])
def test_an_amount_that_is_not_credible_is_no_cost(amount: str) -> None:
    """The column has what the vendor charged, if known: a clip of $0.28 was charged none of these."""
    row = row_of(stored_entry(make_job(), amount_usd=Decimal(amount), price_usd=Decimal("0.28")))

    assert row["cost_actual"] is None


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.slow
@given(prompts=st.lists(TEXT, min_size=1, max_size=4), extra=PLAIN, message=st.text(max_size=40))
def test_json_lines_lose_nothing(prompts: list[str], extra: object, message: str) -> None:
    """What is read back is what was written, by value, type, order and byte."""
    frame = build([entry_of(make_job(prompt=prompt)) for prompt in prompts], store_uri="")
    frame["note"] = message
    frame["qa_flags"] = pd.Series([[extra]] * len(frame), dtype=object)
    frame["from_a_later_version"] = pd.Series([{"x": extra}] * len(frame), dtype=object)

    written = to_jsonl(frame)
    back = read_jsonl(written)

    assert repr(back.to_dict("records")) == repr(frame.astype(object).to_dict("records"))
    assert to_jsonl(back) == written


@pytest.mark.parametrize("missing", [None, float("nan"), np.nan, pd.NA, pd.NaT])
def test_missing_is_null_and_never_nan(missing: object) -> None:
    """NaN is not JSON; whatever pandas calls missing is null."""
    frame = build([entry_of(make_job())], store_uri="")
    frame["rating"] = pd.Series([missing], dtype=object)

    line = to_jsonl(frame)

    assert json.loads(line, parse_constant=pytest.fail)["rating"] is None


def test_numbers_that_pandas_boxed_are_plain_again() -> None:
    """A column that an analyst computed is written like any other."""
    frame = build([entry_of(make_job())], store_uri="").assign(rating=np.array([4]), mafd=np.array([1.5]))

    row = json.loads(to_jsonl(frame))

    assert (row["rating"], row["mafd"]) == (4, 1.5)


@pytest.mark.parametrize("amount", [Decimal("-Infinity"), Decimal("Infinity"), float("inf")])
def test_what_is_no_amount_is_refused(amount: object) -> None:
    """Better no manifest than one that others cannot parse."""
    frame = build([entry_of(make_job())], store_uri="")
    frame["fps"] = pd.Series([amount], dtype=object)

    with pytest.raises(ValueError, match=r"amount|JSON"):
        to_jsonl(frame)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\n{]", "line 2 is not JSON"),
        (b'{"schema":"hailuo.manifest/1.0","fps":NaN}', "line 1 is not JSON: NaN"),
        (b"\n\n\xff", "line 3 is not UTF-8"),
        (b"[]", "line 1 is not of schema"),
        (b'{"schema":"hailuo.manifest/2.0"}', "line 1 is not of schema"),
        (b'{"creative_id":"x"}', "line 1 is not of schema"),
    ],
)
def test_what_is_no_manifest_is_refused_by_line(content: bytes, message: str) -> None:
    """A reader never guesses what a foreign file may mean."""
    with pytest.raises(ManifestError, match=message):
        read_jsonl(content)


HOSTILE = [
    *(f"{start}HYPERLINK(1)" for start in "=+-@\t\r\n\0＝＋－＠"),
    *("  =1+1", "\u00a0=1+1", "\u200b@SUM(A1)", "\ufeff=1", " \t-2", "\u202e=1", "\x01=1", "\u2066\u200d+1"),
]


@pytest.mark.parametrize("prompt", HOSTILE)
def test_no_text_of_a_csv_is_a_formula(prompt: str) -> None:
    """A prompt that looks like a formula is shown, not run."""
    content = to_csv(build([entry_of(make_job(prompt=prompt))], store_uri=""))

    assert cells(content)[0]["prompt"] == f"'{prompt}"


@pytest.mark.slow
@given(unseen=st.text(" \t\n\u00a0\u200b\u200e\u202e\u2060\ufeff\x07", max_size=4), rest=TEXT)
def test_nothing_invisible_hides_a_formula(unseen: str, rest: str) -> None:
    """Whatever a spreadsheet trims away before it looks, an apostrophe stands in front."""
    frame = build([entry_of(make_job(prompt=f"{unseen}={rest}"))], store_uri="")
    frame["note"] = f"{unseen}@{rest}"

    row = cells(to_csv(frame))[0]

    assert (row["prompt"], row["note"]) == (f"'{unseen}={rest}", f"'{unseen}@{rest}")


def test_half_a_surrogate_pair_is_an_escape() -> None:
    """What no UTF-8 can hold, and a shell may hand over, stops no manifest."""
    frame = build([entry_of(make_job())], store_uri="").assign(note=pd.Series(["a\udc80"], dtype=object))

    assert '"note":"a\\udc80"' in to_jsonl(frame).decode()
    assert list(read_jsonl(to_jsonl(frame))["note"]) == ["a\udc80"]
    assert cells(to_csv(frame))[0]["note"] == "a\\udc80"


@pytest.mark.slow
@given(prompt=TEXT)
def test_a_csv_gives_every_harmless_text_back(prompt: str) -> None:
    """Quotes, commas and line breaks survive; at most an apostrophe is added."""
    content = to_csv(build([entry_of(make_job(prompt=prompt))], store_uri=""))

    assert cells(content)[0]["prompt"] in {prompt, f"'{prompt}"}


def test_numbers_of_a_csv_stay_numbers() -> None:
    """A negative measurement is no formula: spreadsheets must be able to add it up."""
    frame = build([stored_entry(make_job())], store_uri="")
    frame["loudness_lufs"] = pd.Series([-14.5], dtype=object)

    row = cells(to_csv(frame))[0]

    assert (row["loudness_lufs"], row["cost_actual"], row["duration_req"]) == ("-14.5", "0.27", "6")
    assert (row["is_control"], row["width"], row["params"]) == ("false", "", "{}")


def test_a_csv_gives_each_factor_a_column_in_the_place_of_factors() -> None:
    """Pivot tables want one column per factor."""
    jobs = [make_job({"prompt": "a", "surface": "=stone"}), make_job({"prompt": "b"})]

    content = to_csv(build([entry_of(job) for job in jobs], store_uri=""))

    header = content.decode("utf-8-sig").split("\r\n")[0].split(",")
    assert header[header.index("params") + 1 : header.index("is_control")] == [
        "factor_prompt",
        "factor_surface",
    ]
    assert [row["factor_surface"] for row in cells(content)] == ["'=stone", ""]


def test_a_csv_opens_in_a_spreadsheet() -> None:
    """A byte order mark for the encoding, CRLF for the rows."""
    content = to_csv(build([entry_of(make_job(prompt="Été"))], store_uri=""))

    assert content.startswith(b"\xef\xbb\xbfschema,creative_id,")
    assert content.count(b"\r\n") == 2
    assert cells(content)[0]["prompt"] == "Été"


def test_keys_lie_in_the_manifest_folder_of_the_edition() -> None:
    """The store's layout is part of the contract."""
    assert Edition("cmp", "main").manifest_jsonl == "cmp/main/manifest/manifest.jsonl"
    assert Edition("cmp", "main").manifest_csv == "cmp/main/manifest/manifest.csv"
