"""A mapping makes any export readable."""

import pytest

from hailuo.report.exports import ExportError, read_export, read_exports, read_mapping
from tests.support.report.golden import GOLDEN

_OTHER = (
    b'platform = "other"\n[columns]\nad_name = "Creative"\nimpressions = ["Imps", "Views"]\nspend = "Paid"\n'
)


def _mapping(text: str):
    return read_mapping(text.encode(), name="m.toml")


def test_a_mapping_names_the_columns() -> None:
    """Without a platform's headers, in the decimal style and date format it says."""
    mapping = _mapping(
        'platform = "other"\ncurrency = "CHF"\nattribution = "last click"\ndecimal = ","\ndate_format = "%d %m %y"\n'
        '[columns]\nad_name = "Creative"\nday = "When"\nimpressions = "Imps"\nspend = "Paid"\n[scale]\nspend = 0.01\n'
    )

    frame = read_export(b"When;Creative;Imps;Paid\n03 04 26;a;100;1,234\n", name="x.csv", mappings=[mapping])

    row = frame.iloc[0]
    assert (row["currency"], row["attribution"], str(row["date_start"])) == (
        "CHF",
        "last click",
        "2026-04-03",
    )
    assert row["spend"] == pytest.approx(0.01234)


def test_a_mapping_adds_to_a_platform() -> None:
    """A renamed column, and which conversions are meant; all else as known."""
    mapping = _mapping('platform = "meta"\n[columns]\nconversions = "Leads"\n')
    content = b"Reporting starts,Ad name,Impressions,Link clicks,Leads,Purchases\n2026-11-01,a,100,5,3,1\n"

    frame = read_export(content, name="x.csv", mappings=[mapping])

    assert frame["conversions"].tolist() == [3.0]
    assert frame["clicks_link"].tolist() == [5.0]


def test_the_mapping_that_fits_is_taken() -> None:
    """Beside exports that need none, and other mappings."""
    goldens = [golden for golden in GOLDEN if golden.file in ("kaggle.csv", "log.csv", "meta_en.csv")]
    mappings = [mapping for golden in goldens for mapping in golden.mappings()]

    frame = read_exports({golden.file: golden.content() for golden in goldens}, mappings=mappings)

    assert set(frame["platform"]) == {"meta", "other"}
    assert len(frame) == 9


def test_a_mapping_that_does_not_fit_says_what_it_lacks() -> None:
    """And the columns that were seen."""
    with pytest.raises(
        ExportError, match=r"its columns are 'Creative', 'Paid'; a mapping that was given lacks 'Imps'"
    ):
        read_export(b"Creative,Paid\na,1\n", name="x.csv", mappings=[read_mapping(_OTHER, name="m.toml")])


def test_a_mapping_for_a_file_must_fit_it() -> None:
    """A file that it names is not read in another way."""
    mapping = _mapping(
        'platform = "other"\nfiles = ["x*.csv"]\n[columns]\nad_name = "Creative"\nimpressions = "Imps"\n'
    )

    with pytest.raises(ExportError, match="has no column 'Imps', which its mapping names"):
        read_export(b"Creative,Paid\na,1\n", name="folder/x1.csv", mappings=[mapping])


def test_one_of_several_headers_is_enough() -> None:
    """A list names alternatives."""
    frame = read_export(
        b"Creative,Views,Paid\na,100,1\n", name="x.csv", mappings=[read_mapping(_OTHER, name="m.toml")]
    )

    assert frame["impressions"].tolist() == [100.0]


def test_events_add_up_and_leave_unknown_what_they_do_not_tell() -> None:
    """Nothing becomes a zero by being summed."""
    mapping = _mapping(
        'platform = "other"\n[columns]\nad_name = "ad"\nday = "at"\n[events]\nimpressions = 1\nclicks_link = "click"\n'
    )
    content = b"ad,at,click\na,2026-11-01 09:00,1\na,2026-11-01 10:00,\nb,2026-11-01 10:00,\n"

    frame = read_export(content, name="log.csv", mappings=[mapping])

    assert frame["impressions"].tolist() == [2.0, 1.0]
    assert frame["clicks_link"].tolist() == pytest.approx([1.0, float("nan")], nan_ok=True)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("platform = ", "is no TOML"),
        ('platform = "myspace"', "platform"),
        ('platform = "other"\n[columns]\nad_name = "a"\nclick = "b"', "click is no field"),
        ('platform = "other"\n[columns]\nimpressions = "b"', "has to say whose row it is"),
        ('platform = "other"\n[columns]\nad_name = "b"', "nothing is counted"),
        (
            'platform = "other"\n[columns]\nad_name = "b"\n[events]\nimpressions = 1',
            "events need their `day`",
        ),
        ('platform = "meta"\ndate_format = "dd.mm"', "no format like"),
        ('platform = "meta"\nsize = 3', "size"),
    ],
)
def test_a_wrong_mapping_is_refused(text: str, reason: str) -> None:
    """With the place that is wrong."""
    with pytest.raises(ExportError, match=reason):
        _mapping(text)
