"""The data before the judgement: `hailuo.report.health` and `hailuo.report.cautions`."""

from datetime import date, timedelta

import pytest

from hailuo.report.cautions import APART_DAYS
from hailuo.report.exports import read_exports
from hailuo.report.findings import JoinMethod, MethodTally, UnmatchedAd
from hailuo.report.health import health
from hailuo.report.join import join
from hailuo.report.metrics import PLATFORM_NAMES, AdPlatform
from tests.support.report.frames import DAY, make_ads, make_results, make_variants

A, B, C = "7KQ2M9X4TD", "3B0N1P5V8W", "5C0N1P5V8W"


def ad(creative_id, day=0, **cells):
    """A row of a creative's ad, so many days after the first."""
    when = DAY + timedelta(days=day)
    return {"ad_name": f"HV-{creative_id}_launch", "date_start": when, "date_end": when, **cells}


def health_of(*rows, variants=None, ads=None, duplicates=0):
    """Health of rows against a manifest of A and B."""
    variants = make_variants(A, B) if variants is None else variants
    return health(join(make_results(*rows), variants, ads), variants, duplicates=duplicates)


def notes_of(*rows, **options):
    """All its sentences in one text."""
    return "\n".join(health_of(*rows, **options).notes)


def test_rows_and_spend_are_counted_by_how_they_were_joined():
    """Every row and every cent stands in exactly one tally, best method first."""
    rows = [ad(A), ad(B, utm_content=B), {"utm_content": B, "spend": 2.5}, {"ad_name": "x", "spend": None}]

    found = health_of(*rows)

    assert (found.rows, found.rows_matched, found.spend, found.spend_matched) == (4, 3, 18.5, 18.5)
    assert found.by_method == (
        MethodTally(method=JoinMethod.NAME_TOKEN, rows=2, spend=16.0),
        MethodTally(method=JoinMethod.UTM_CONTENT, rows=1, spend=2.5),
        MethodTally(method=JoinMethod.UNMATCHED, rows=1, spend=0.0),
    )


def test_ads_of_nobody_are_listed_once_with_their_rows_most_spend_first():
    """Nothing is dropped: an ad's days are one entry that names the first row and tells how many more there are."""
    rows = [
        {"ad_name": "small", "spend": 1.0},
        *({"ad_name": "Brand\x1b film", "date_start": DAY, "spend": 5.0} for _ in range(3)),
        {"ad_id": "77", "spend": 2.0},
        {"spend": 1.5},
        ad(A),
    ]

    nobody = health_of(*rows).unmatched

    assert nobody[0] == UnmatchedAd(
        source="meta.csv:3 and 2 more rows",
        platform=AdPlatform.META,
        ad="Brand\N{REPLACEMENT CHARACTER} film",
        spend=15.0,
        reason="nothing in the row names a creative",
    )
    assert [(one.source, one.ad) for one in nobody[1:]] == [
        ("meta.csv:6", "ad 77"),
        ("meta.csv:7", "a row without any name"),
        ("meta.csv:2", "small"),
    ]


def test_an_ambiguous_ad_says_between_whom():
    """Its reason names the creatives."""
    found = health_of({"ad_name": f"HV-{A} HV-{B}"})

    assert found.rows_matched == 0
    assert found.unmatched[0].reason == f"the ad name names several creatives: {B}, {A}"


def test_missing_are_stored_creatives_without_a_row():
    """A clip without results is told; a job without a clip, and a copy, are not expected to have any."""
    variants = make_variants(
        *(A, B, C, "9C0N1P5V8W"),
        status=["stored", "stored", "failed", "stored"],
        derived_from=[None, None, None, A],
    )

    found = health_of(ad(A), variants=variants)

    assert found.missing == (B,)


def test_days_are_those_that_matched_rows_cover():
    """Spans count every day once; an ad of another campaign does not stretch the test."""
    rows = [
        ad(A, day=0),
        ad(B, day=0),
        {**ad(A), "date_start": DAY + timedelta(days=4), "date_end": DAY + timedelta(days=6)},
        {"ad_name": "old film", "date_start": date(2025, 1, 1), "date_end": date(2025, 12, 31)},
    ]

    found = health_of(*rows)

    assert (found.first_day, found.last_day, found.days) == (DAY, date(2026, 11, 29), 4)


def test_no_results_are_a_health_too():
    """An empty export gives zeros and unknowns."""
    found = health_of()

    assert (found.rows, found.spend, found.first_day, found.days, found.missing) == (0, 0.0, None, 0, (A, B))
    assert (found.by_method, found.unmatched, found.notes) == ((), (), ())


@pytest.mark.parametrize(
    ("cells", "currency", "attribution"),
    [
        ([{"attribution": "7-day click"}, {}], "USD", "7-day click"),
        ([{"currency": "EUR"}, {"currency": "USD"}], None, None),
        ([{"currency": None}, {"currency": None}], None, None),
    ],
)
def test_currency_and_attribution_are_told_only_where_they_are_one(cells, currency, attribution):
    """No common word is made up for several."""
    found = health_of(*({**ad(A), **one} for one in cells))

    assert (found.currency, found.attribution) == (currency, attribution)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([ad(A, currency="EUR"), ad(A, platform="tiktok")], "currencies (Meta: EUR; TikTok: USD)"),
        ([ad(A, currency=None)], "No export names its currency"),
        ([ad(A, utm_content=B)], "1 row names two different creatives"),
        ([ad(A), ad(A, date_start=None, date_end=None)], "1 row has no dates"),
        ([ad(A), ad(A, date_end=DAY + timedelta(days=1))], "1 row covers more than one day"),
        ([ad(A, conversions=1.0)], "No export says how conversions were attributed"),
        (
            [
                ad(A, conversions=1.0, attribution="7d"),
                ad(A, conversions=1.0, attribution="1d", platform="snap"),
            ],
            "attributed differently (Meta: 7d; Snap: 1d)",
        ),
        ([ad(A, impressions=None)], "Meta: 1 row has no impressions"),
        ([ad("3BON1P5V8W")], "1 row was joined by an id with O read as 0"),
        ([ad(A, ad_id="1"), ad(A, ad_id="2")], "1 creative ran as several ads"),
        ([ad(A, reach=5.0), ad(A, day=1, reach=5.0)], "Reach is not summed"),
    ],
)
def test_what_a_reader_must_know_is_said_in_a_sentence(rows, sentence):
    """Each of these changes what a number may be taken for."""
    assert sentence in notes_of(*rows)


def test_sound_data_need_no_caution():
    """Daily rows of all creatives on the same days, in one currency: nothing to say."""
    assert notes_of(*(ad(one, day) for one in (A, B) for day in range(5))) == ""


def test_creatives_that_ran_on_other_days_are_named():
    """An ad that starts five days after the others is compared with other days: said, by platform."""
    late = [ad(one, day) for one, days in ((A, range(10)), (B, range(10)), (C, range(5, 10))) for day in days]
    early = [
        ad(one, day, platform="tiktok") for one, last in ((A, 9), (B, 9), (C, 4)) for day in range(last + 1)
    ]

    found = notes_of(*late, *early, variants=make_variants(A, B, C))

    assert f"Meta: 1 of 3 creatives started {APART_DAYS} or more days after the rest ({C})" in found
    assert f"TikTok: 1 of 3 creatives stopped {APART_DAYS} or more days before the rest ({C})" in found


def test_rows_without_an_impression_are_no_days_of_running():
    """Platforms export zeros for paused ads: these do not make an ad early."""
    rows = [
        *(ad(one, day) for one in (A, B) for day in range(5, 9)),
        *(ad(A, day, impressions=0.0) for day in range(5)),
    ]

    assert "started" not in notes_of(*rows)


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        (
            {"status": ["failed", "stored"]},
            f"1 creative has results though the manifest has no clip of them: {A}.",
        ),
        ({"pick": ["reject", "none"]}, f"1 creative ran though a reviewer rejected them: {A}."),
    ],
)
def test_results_that_the_manifest_did_not_expect_are_told(columns, sentence):
    """A clip that failed or was rejected and yet ran: somebody should look."""
    assert sentence in notes_of(ad(A), variants=make_variants(A, B, **columns))


def test_duplicates_are_told():
    """What was removed before the join is said, with the number."""
    assert "1,200 rows were in the exports more than once, and counted once." in notes_of(
        ad(A), duplicates=1200
    )


def test_a_long_list_of_creatives_is_cut():
    """A sentence stays one: five names, and how many more."""
    ids = [f"7KQ2M9X4{n:02d}" for n in range(30)]
    rows = [ad(one, day) for n, one in enumerate(ids) for day in (0, 9)[n < 10 :]]

    found = notes_of(*rows, variants=make_variants(*ids))

    assert "10 of 30 creatives started" in found
    assert "and 5 more)" in found


def test_every_platform_has_a_name():
    """Sentences can speak of any platform."""
    assert set(PLATFORM_NAMES) == set(AdPlatform)


def test_an_ads_table_is_believed_over_names():
    """The whole way: an id from ads.csv, against a name that was not changed."""
    found = health_of(ad(A, ad_id="5"), ads=make_ads({"creative_id": B, "ad_id": "5"}))

    assert found.by_method[0].method is JoinMethod.AD_ID
    assert "better evidence was used" in found.notes[0]


@pytest.mark.parametrize(("column", "told"), [("currency", "USD"), ("attribution", "7-day click")])
def test_rows_that_leave_open_what_the_rest_tells_are_told(column, told):
    """They were summed as if they were of the same money, or the same window."""
    rows = [ad(one, conversions=3.0, **{column: told}) for one in (A, B)]

    said = notes_of({**rows[0], column: None}, rows[1])

    assert f"Meta: 1 row has no {column}, and counted like the rest ({told})." in said
    assert "counted like the rest" not in notes_of(*rows)


def test_totals_that_were_left_out_are_told():
    """From the export to the report: a reader who misses a row finds where it went."""
    lines = [
        "Day,Ad name,Ad ID,Amount spent (USD),Impressions,Link clicks",
        f"2026-11-01,HV-{A},1,5,100,1",
        "Total,,,5,100,1",
    ]
    variants = make_variants(A, B)

    joined = join(read_exports({"meta.csv": "\n".join(lines).encode()}), variants, None)

    assert any(note.startswith("1 row was left out as a total") for note in health(joined, variants).notes)
