"""The manifest's files beside the JSON lines: checked before they are written, and equal to the truth."""

import csv
import hashlib
import io
import json
import subprocess
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from shutil import which

import jsonschema
import pandas as pd
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # has no types
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hailuo import read_manifest
from hailuo.errors import StoreError
from hailuo.publish.manifest import (
    COLUMN_TABLE,
    COLUMNS,
    CONTENT_TYPES,
    MONEY_COLUMNS,
    Column,
    Kind,
    ManifestError,
    build,
    bundle,
    check,
    json_schema,
    read_jsonl,
    read_parquet,
    to_csv,
    to_jsonl,
    to_parquet,
)
from hailuo.publish.manifest.files import csv_header
from tests.publish.manifest.rows import full_table, make_job, planned, stored
from tests.support.examples import examples

GOLDEN = Path(__file__).parent / "golden"
SCHEMA = json_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def values_of(frame: pd.DataFrame) -> list[dict[str, object]]:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def bundled(frame: pd.DataFrame) -> dict[str, bytes]:
    return bundle(frame, name="cmp-main", built_at=datetime(2026, 11, 22, tzinfo=UTC))


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)
MONEY = st.decimals(0, 10**9, allow_nan=False, allow_infinity=False, places=6)
VALUES = {
    Kind.TEXT: TEXT,
    Kind.TIME: st.datetimes().map(lambda at: f"{at.isoformat(timespec='milliseconds')}Z"),
    Kind.INTEGER: st.integers(-(2**63), 2**63 - 1),
    Kind.NUMBER: st.floats(allow_nan=False, allow_infinity=False),
    Kind.BOOLEAN: st.booleans(),
    Kind.MONEY: MONEY,
    Kind.TEXTS: st.lists(TEXT, max_size=3),
    Kind.LIST: st.lists(JSON, max_size=2),
    Kind.OBJECT: st.dictionaries(TEXT, JSON, max_size=2),
}


def value_for(column: Column) -> st.SearchStrategy[object]:
    least, most = column.bounds or (0, 0)
    value = st.integers(least, most) if column.bounds else VALUES[column.kind]
    value = st.sampled_from(column.words) if column.words else value
    value = st.just("hailuo.manifest/1.1") if column.name == "schema" else value
    return value if column.required else st.none() | value


ROW = st.fixed_dictionaries(
    {column.name: value_for(column) for column in COLUMN_TABLE}, optional={"from_later": JSON}
)
TABLE = st.lists(ROW, max_size=2, unique_by=lambda row: str(row["creative_id"])).map(
    lambda rows: pd.DataFrame(rows, columns=[*COLUMNS, "from_later"], dtype=object)
)


@pytest.mark.slow
@settings(max_examples=examples(30))  # each is a hundred columns wide
@given(frame=TABLE)
def test_json_lines_to_parquet_and_back_lose_nothing(frame: pd.DataFrame) -> None:
    """Every value, type and column, those of later versions too; money to the last digit."""
    truth = read_jsonl(to_jsonl(frame))

    back = read_parquet(to_parquet(truth))

    assert values_of(back) == values_of(truth)
    assert values_of(read_jsonl(to_jsonl(back))) == values_of(truth)


@pytest.mark.slow
@settings(max_examples=examples(30))  # each is a hundred columns wide
@given(frame=TABLE)
def test_rows_that_pass_the_check_are_valid_by_the_schema(frame: pd.DataFrame) -> None:
    """The check and the published schema are one contract."""
    check(frame)

    for line in to_jsonl(frame).splitlines():
        VALIDATOR.validate(json.loads(line))


def test_a_whole_table_is_byte_for_byte_the_same_after_parquet() -> None:
    """As this program writes prices, not even a zero is lost."""
    truth = to_jsonl(full_table())

    assert to_jsonl(read_parquet(to_parquet(read_jsonl(truth)))) == truth


@pytest.mark.parametrize("amount", ["0", "0.2812345678901234567", "123456789012345678901234567890.5", "40"])
def test_money_stays_exact_in_parquet(amount: str) -> None:
    """However long the amount, nothing is rounded, in whatever column."""
    frame = build([stored(make_job())], store_uri="")
    for column in MONEY_COLUMNS:
        frame[column] = pd.Series([Decimal(amount)], dtype=object)

    back = read_parquet(to_parquet(frame))

    assert {tuple(back[column]) for column in MONEY_COLUMNS} == {(Decimal(amount),)}


def test_an_amount_that_no_parquet_holds_is_refused() -> None:
    """Better refused than rounded."""
    frame = build([stored(make_job())], store_uri="")
    frame["cost_actual"] = pd.Series([Decimal("1e-80")], dtype=object)

    with pytest.raises(ManifestError, match="digits"):
        to_parquet(frame)


def test_half_a_surrogate_pair_stops_no_publication() -> None:
    """What a shell may hand over becomes its escape."""
    frame = build([stored(make_job())], store_uri="").assign(note=pd.Series(["a\udc80"], dtype=object))

    files = bundled(frame)

    assert list(read_parquet(files["manifest.parquet"])["note"]) == ["a\\udc80"]
    assert list(read_jsonl(files["manifest.jsonl"])["note"]) == ["a\udc80"]


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("status", "lost", "row 1, status"),
        ("rating", 6, "row 1, rating"),
        ("width", "1366", "row 1, width"),
        ("width", 13.5, "row 1, width"),
        ("stored_at", "yesterday", "row 1, stored_at"),
        ("cost_actual", 0.28, "row 1, cost_actual"),
        ("prompt", None, "row 1, prompt"),
        ("schema", "hailuo.manifest/2.0", "row 1, schema"),
        ("qa_flags", ["a", 1], "row 1, qa_flags"),
        ("fps", float("inf"), "row 1, fps"),
        ("synthetic_performer", "maybe", "row 1, synthetic_performer"),
    ],
)
def test_a_row_that_breaks_the_contract_is_not_written(column: str, value: object, message: str) -> None:
    """Whoever made it is told the row and the column; nothing is written."""
    frame = build([stored(make_job())], store_uri="")
    frame[column] = pd.Series([value], dtype=object)

    with pytest.raises(ManifestError, match=message):
        bundled(frame)


def test_a_missing_column_is_not_written() -> None:
    """Readers never have to ask whether a column is there."""
    with pytest.raises(ManifestError, match="qa_verdict"):
        check(build([stored(make_job())], store_uri="").drop(columns="qa_verdict"))


def test_no_creative_stands_in_two_rows() -> None:
    """The primary key is one."""
    with pytest.raises(ManifestError, match="7KQ2M9X401 is in 2 rows"):
        check(build([stored(make_job()), planned(make_job())], store_uri=""))


def test_the_schema_is_json_schema_2020_12_with_every_column() -> None:
    """Other programs check with it."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)

    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["required"] == list(COLUMNS)


def test_the_package_vouches_for_every_file_and_comes_last() -> None:
    """A reader can tell whether all files are of one publication."""
    files = bundled(full_table())

    package = json.loads(files["datapackage.json"])

    described = [*package["hailuo:files"], *package["resources"]]
    assert list(files) == list(CONTENT_TYPES)
    assert list(files)[-1] == "datapackage.json"
    assert {one["path"]: one["hash"] for one in described} == {
        name: f"sha256:{hashlib.sha256(content).hexdigest()}"
        for name, content in files.items()
        if name != "datapackage.json"
    }


def test_the_package_tells_every_column_of_the_csv_and_its_escaping() -> None:
    """In the order in which they stand."""
    files = bundled(full_table())

    [table] = json.loads(files["datapackage.json"])["resources"]

    header = next(csv.reader(io.StringIO(files["manifest.csv"].decode("utf-8-sig"), newline="")))
    assert [field["name"] for field in table["schema"]["fields"]] == header
    assert table["csv_escaping"] == "apostrophe"


@pytest.mark.slow
def test_frictionless_finds_the_package_valid(tmp_path: Path) -> None:
    """By the judge of the format itself: bytes, hash, types, constraints, primary key."""
    import frictionless  # noqa: PLC0415 (takes a second)

    for name, content in bundled(full_table()).items():
        (tmp_path / name).write_bytes(content)

    report = frictionless.validate("datapackage.json", basepath=str(tmp_path))

    assert report.flatten(["title", "message"]) == []
    assert report.stats["tasks"] == 1


HOSTILE = [
    f"{blank}{start}{rest}"
    for blank in ("", " ", "\u00a0", "\u200b", "\ufeff")
    for start in ("=", "+", "-", "@", "\t=", "\r=", "＝", "＋", "－", "＠")
    for rest in ("1+1", 'HYPERLINK("https://evil.example","x")')
]


@pytest.mark.slow
@pytest.mark.skipif(which("soffice") is None, reason="LibreOffice Calc is not installed")
def test_a_spreadsheet_runs_no_formula_of_a_hundred_hostile_prompts(tmp_path: Path) -> None:
    """LibreOffice opens the CSV as a person would; no cell is a formula. The control proves that it looks for them."""
    entries = [planned(make_job(take=take, prompt=prompt)) for take, prompt in enumerate(HOSTILE)]
    (tmp_path / "manifest.csv").write_bytes(to_csv(build(entries, store_uri="")))
    (tmp_path / "control.csv").write_bytes(b"a\r\n=1+1\r\n")

    subprocess.run(  # noqa: S603 (arguments of this test)
        [
            *(
                str(which("soffice")),
                "--headless",
                f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}",
            ),
            # separator, quote, UTF-8, first line, columns, language, quoted as text no, detect numbers yes, as shown no, formulas yes
            *("--infilter=CSV:44,34,76,1,,0,false,true,false,false,false,-1,true",),
            *("--convert-to", "fods", "--outdir", str(tmp_path), "manifest.csv", "control.csv"),
        ],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        timeout=120,
    )

    assert len(HOSTILE) == 100
    assert "table:formula" in (tmp_path / "control.fods").read_text()
    assert "table:formula" not in (tmp_path / "manifest.fods").read_text()


def test_the_first_manifests_of_version_1_0_are_read() -> None:
    """What was written before a column existed has it as null; a column that is no more is kept."""
    rows = read_manifest(GOLDEN / "manifest-1.0-first.jsonl")

    assert list(rows.columns) == [*COLUMNS, "strip_uri"]
    assert list(rows["status"]) == ["stored", "failed", "planned"]
    assert list(rows["cost_actual"]) == [Decimal("0.27"), None, None]
    assert rows["sprite_uri"].isna().all()


@pytest.mark.parametrize("name", ["manifest-1.0.jsonl", "manifest-1.0.parquet"])
def test_version_1_0_is_read_without_what_1_1_added(name: str) -> None:
    """Every value is as it was, and the columns of 1.1 are null."""
    since_1_1 = ["schema", "spent_usd", "assumed_usd", "reserved_usd", "to_buy_usd", "columns", "clip_number"]
    rows, today = read_manifest(GOLDEN / name), read_jsonl(to_jsonl(full_table()))

    assert list(rows.columns) == list(COLUMNS)
    assert values_of(rows.drop(columns=since_1_1)) == values_of(today.drop(columns=since_1_1))
    assert rows[since_1_1[1:]].isna().all(axis=None)


@pytest.mark.parametrize("name", ["manifest-1.1.jsonl", "manifest-1.1.parquet"])
def test_manifests_of_today_are_read_for_ever(name: str) -> None:
    """The golden files hold what this version writes; whoever changes the format sees it here."""
    assert values_of(read_manifest(GOLDEN / name)) == values_of(read_jsonl(to_jsonl(full_table())))


def test_todays_json_lines_are_the_golden_ones() -> None:
    """Byte for byte."""
    assert to_jsonl(full_table()) == (GOLDEN / "manifest-1.1.jsonl").read_bytes()


def test_a_later_minor_version_is_read_and_a_later_major_one_refused(tmp_path: Path) -> None:
    """Columns that we do not know yet are kept; a break is not guessed at."""
    frame = full_table().assign(schema="hailuo.manifest/1.7", mood="calm")
    (tmp_path / "next.parquet").write_bytes(to_parquet(frame))
    (tmp_path / "broken.parquet").write_bytes(to_parquet(frame.assign(schema="hailuo.manifest/2.0")))

    assert set(read_manifest(tmp_path / "next.parquet")["mood"]) == {"calm"}
    with pytest.raises(ManifestError, match="row 1 is not of schema"):
        read_manifest(tmp_path / "broken.parquet")


def test_what_is_no_parquet_is_refused() -> None:
    """In our words."""
    with pytest.raises(ManifestError, match="no Parquet"):
        read_parquet(b"PAR1, not really")


def test_a_manifest_is_found_by_the_folder_of_its_edition(tmp_path: Path) -> None:
    """Nobody has to know the names of the files."""
    (tmp_path / "manifest").mkdir()
    (tmp_path / "manifest" / "manifest.jsonl").write_bytes(to_jsonl(full_table()))

    assert len(read_manifest(tmp_path)) == 4
    assert len(read_manifest(f"{tmp_path}/")) == 4


def test_analysts_get_pandas_types_and_exact_money() -> None:
    """Numbers add up, times subtract, and money is still what was billed."""
    rows = read_manifest(GOLDEN / "manifest-1.0.parquet", typed=True)

    assert rows["width"].sum() == 1366 + 1080
    assert (rows["stored_at"] - rows["submitted_at"]).max() == pd.Timedelta(seconds=99)
    assert rows["cost_actual"].dropna().sum() == Decimal("0.27")
    assert rows["has_audio"].dtype == "boolean"


def test_an_address_without_an_object_is_refused() -> None:
    """Instead of a question to a bucket that has no name."""
    with pytest.raises(StoreError, match="names no object"):
        read_manifest("s3://manifest.jsonl")


@pytest.fixture
def parquet(tmp_path: Path) -> Path:
    """Two stored clips, as a run of two models leaves them."""
    frame = build([stored(make_job(take=take)) for take in (1, 2)], store_uri="")
    frame["factors"] = pd.Series([{"model": "2.3"}, {"model": "02"}], dtype=object)
    path = tmp_path / "manifest.parquet"
    path.write_bytes(
        to_parquet(
            frame.assign(completed_at="2026-11-22T12:01:30.500Z", submitted_at="2026-11-22T12:00:00.000Z")
        )
    )
    return path


def test_pandas_subtracts_times_and_divides_money(parquet: Path) -> None:
    """What an analyst types first works, without a conversion."""
    rows = pd.read_parquet(parquet)

    assert (rows["completed_at"] - rows["submitted_at"]).max() == pd.Timedelta(seconds=90.5)
    assert str(rows["completed_at"].dt.tz) == "UTC"
    assert (rows["cost_actual"] / rows["duration_req"]).round(4).iloc[0] == 0.045
    assert list(rows["factor_model"]) == ["2.3", "02"]
    assert "factors" not in rows


def test_duckdb_subtracts_times_and_divides_money(parquet: Path) -> None:
    """As pandas."""
    duckdb = pytest.importorskip("duckdb")
    query = """SELECT epoch(completed_at - submitted_at), round(cost_actual / duration_req, 4), typeof(completed_at)
        FROM read_parquet(?) WHERE factor_model = '2.3'"""

    assert duckdb.sql(query, params=[str(parquet)]).fetchall() == [(90.5, 0.045, "TIMESTAMP WITH TIME ZONE")]


def test_polars_subtracts_times_and_divides_money(parquet: Path) -> None:
    """As pandas."""
    polars = pytest.importorskip("polars")
    rows = polars.read_parquet(parquet).filter(polars.col("factor_model") == "2.3")

    [(waited, cost)] = rows.select(
        polars.col("completed_at") - polars.col("submitted_at"),
        (polars.col("cost_actual") / polars.col("duration_req")).round(4),
    ).rows()
    assert (waited.total_seconds(), cost) == (90.5, 0.045)
    assert rows.schema["completed_at"].time_zone == "UTC"


def test_parquet_has_the_factors_of_the_csv_and_no_column_twice(parquet: Path) -> None:
    """One table, two formats; the objects that became columns are not there a second time."""
    frame = read_parquet(parquet.read_bytes())
    in_csv = [name for name in csv_header(frame) if name.startswith("factor_")]

    names = pq.read_schema(parquet).names
    assert [name for name in names if name.startswith("factor_")] == in_csv == ["factor_model"]
    assert len(names) == len(set(names))
    assert not {"factors", "columns"} & set(names)
