"""`ads.csv` comes back filled, from whatever spreadsheet."""

import pytest

from hailuo.publish.uploads.sheet import ADS_COLUMNS as WRITTEN_COLUMNS
from hailuo.report.exports import ADS_COLUMNS, ExportError, is_ads_file, is_ads_table, read_ads

_HEADER = "creative_id,platform,ad_id,ad_name,platform_video_id"


def _ads(*rows: str, header: str = _HEADER) -> bytes:
    return "\n".join([header, *rows]).encode("utf-8-sig")


def test_the_columns_are_those_that_upload_plan_writes() -> None:
    """The two lists are written down twice, for neither package may know the other."""
    assert ADS_COLUMNS == WRITTEN_COLUMNS


def test_ads_read_as_text() -> None:
    """Ids are never numbers; what is blank is None."""
    frame = read_ads(
        _ads("7KQ2M9X4TD,Meta,'120210000000000123,HV-7KQ2M9X4TD,", 'P4T0ZC81RM,tiktok,"=""1789""",,v9'),
        "ads.csv",
    )

    assert frame["ad_id"].tolist() == ["120210000000000123", "1789"]
    assert frame["platform"].tolist() == ["meta", "tiktok"]
    assert frame["ad_name"].tolist() == ["HV-7KQ2M9X4TD", None]
    assert tuple(frame.columns) == (*ADS_COLUMNS, "source_file", "source_row")


def test_a_spreadsheet_with_semicolons_reads() -> None:
    """As German ones save it."""
    content = _ads("7KQ2M9X4TD;meta;17;n;v", header=_HEADER.replace(",", ";"))

    assert read_ads(content, "ads.csv")["platform_video_id"].tolist() == ["v"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (
            "7KQ2M9X4TD,meta,1.2E+17,n,",
            "ad_id is '1.2E\\+17': not all of its digits; a spreadsheet has rounded it",
        ),
        ('7KQ2M9X4TD,meta,1,n,"1,2021E+17"', "platform_video_id"),
        ("7KQ2M9X4TD,metta,1,n,", "platform is 'metta'; did you mean 'meta'"),
        (",meta,1,n,", "has no creative_id"),
    ],
)
def test_a_row_that_cannot_be_meant_is_refused(row: str, reason: str) -> None:
    """With its line and what to do."""
    with pytest.raises(ExportError, match=rf"ads\.csv:2: .*{reason}"):
        read_ads(_ads(row), "ads.csv")


def test_ads_are_known_by_their_header() -> None:
    """Whatever the file is called."""
    assert is_ads_table(["Creative_ID", "platform", "ad_id", "platform_video_id", "mine"])
    assert not is_ads_table(["Ad ID", "Impressions"])
    assert is_ads_file(_ads(), name="x.csv")
    assert not is_ads_file(b"", name="x.csv")
    assert not is_ads_file(b"\xd0\xcf\x11\xe0", name="x.xls")


def test_another_table_is_no_ads_csv() -> None:
    """It says which columns are missing."""
    with pytest.raises(ExportError, match="lacks ad_id, creative_id"):
        read_ads(b"platform,platform_video_id\nmeta,v\n", "x.csv")
