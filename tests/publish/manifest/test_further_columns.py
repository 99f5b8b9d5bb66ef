"""What travels with a row of a sheet comes back in the manifest, and in its CSV as one column each."""

import csv
import io
from dataclasses import replace

from hailuo.campaign.model import SyntheticPerformer
from hailuo.publish.manifest import build, read_jsonl, to_csv, to_jsonl
from hailuo.publish.manifest.parquet import read_parquet, to_parquet
from tests.publish.manifest.rows import COPY, make_job, planned, stored


def test_columns_come_back_in_every_form() -> None:
    """For a clip and its copies; a row without the column has no cell."""
    job = replace(make_job(), columns={"sku": "A-1", "Product URL": "https://shop.example/a"})
    frame = build([stored(job, copies=[COPY]), planned(make_job(take=2))], store_uri="")

    assert list(frame["columns"]) == [job.columns, job.columns, {}]
    assert list(read_jsonl(to_jsonl(frame))["columns"]) == list(frame["columns"])
    assert list(read_parquet(to_parquet(frame))["columns"]) == list(frame["columns"])
    rows = list(csv.DictReader(io.StringIO(to_csv(frame).decode("utf-8-sig"), newline="")))
    assert [(row["column_sku"], row["column_Product URL"]) for row in rows] == [
        ("A-1", "https://shop.example/a"),
        ("A-1", "https://shop.example/a"),
        ("", ""),
    ]


def test_the_answer_of_a_row_stands_before_that_of_the_file() -> None:
    """Whoever looked at the clip knows."""
    own = replace(make_job(), synthetic_performer=SyntheticPerformer.YES)

    frame = build(
        [stored(own), planned(make_job(take=2))], store_uri="", synthetic_performer=SyntheticPerformer.NO
    )

    assert list(frame["synthetic_performer"]) == ["yes", "no"]
