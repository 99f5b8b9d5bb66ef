"""A sheet of rows is the same campaign in every form that spreadsheets save; damaged cells are refused."""

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hailuo.campaign.ad_names import AD_NAME_LIMIT, ad_name, creative_id_in
from hailuo.campaign.expand import expand
from hailuo.campaign.files import DraftCampaign, DraftRow, load_campaign, load_catalog, write_campaign
from hailuo.campaign.files.damage import check_cell, check_text, foreign_word
from hailuo.campaign.files.text import RefusedValueError
from hailuo.campaign.job import Job
from hailuo.campaign.model import SyntheticPerformer

AT = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)
CATALOG = load_catalog()
HEADER = ("prompt_id", "model", "duration", "size", "surface", "prompt")
ROWS = (
    ("P0", "MiniMax-Hailuo-02", "6", "768p", "black stone", "Café table on {surface}, slow"),
    ("P1", "MiniMax-Hailuo-2.3", "6", "768p", "wet asphalt", "Straße mit {surface}"),
)


def text_of(separator: str = ",", *, header: tuple[str, ...] = HEADER, end: str = "\n") -> str:
    """The rows as text, cells quoted."""
    lines = (header, *ROWS)
    return end.join(separator.join(f'"{cell}"' for cell in line) for line in lines) + end


def workbook_of(*rows: tuple[object, ...], title: str = "Rows") -> bytes:
    """A workbook with one sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def jobs_of(content: bytes, folder: Path, name: str = "spring.csv") -> tuple[Job, ...]:
    """The jobs of a sheet that has no problem."""
    path = folder / name
    path.write_bytes(content)
    loaded = load_campaign(path, catalog=CATALOG, at=AT)
    assert loaded.problems == ()
    assert loaded.campaign
    expansion = expand(loaded.campaign, CATALOG)
    assert expansion.problems == ()
    return expansion.jobs


def problems_of(content: bytes, folder: Path, name: str = "spring.csv") -> list[str]:
    """What is refused, without the folder."""
    path = folder / name
    path.write_bytes(content)
    found = load_campaign(path, catalog=CATALOG, at=AT).problems
    return [str(problem).removeprefix(f"{folder}/") for problem in found]


_PADDED = "\n".join(f"{line},," for line in text_of().splitlines()) + "\n,,,,,,,\n\n"
SAVED: dict[str, bytes] = {
    "semicolons": text_of(";").encode(),
    "tabs": text_of("\t").encode(),
    "bars": text_of("|").encode(),
    "mark": text_of().encode("utf-8-sig"),
    "windows": text_of(";", end="\r\n").encode("cp1252"),
    "mac-ends": text_of(end="\r").encode(),
    "utf-16": text_of("\t").encode("utf-16"),
    "utf-16-without-mark": text_of("\t").encode("utf-16-le"),
    "sep-semicolon": b"sep=;\r\n" + text_of(";").encode(),
    "sep-tab": b"sep=\t\n" + text_of("\t").encode(),
    "sep-quoted": b'\xef\xbb\xbf"sep=;"\n' + text_of(";").encode(),
    "empty-columns-and-rows": _PADDED.encode(),
    "a-leading-empty-column": "\n".join(f",{line}" for line in text_of().splitlines()).encode(),
    "decimal-point": text_of().replace('"6"', '"6.0"').encode(),
    "decimal-comma": text_of(";").replace('"6"', '"6,0"').encode(),
    "header-case": text_of(header=("Prompt ID", "MODEL", "Duration", " size ", "Surface", "Prompt")).encode(),
    "workbook": workbook_of(HEADER, *ROWS),
    "workbook-numbers": workbook_of((), HEADER, *((*row[:2], 6.0, *row[3:]) for row in ROWS), (None,) * 9),
}


@pytest.mark.parametrize("content", SAVED.values(), ids=SAVED.keys())
def test_every_way_of_saving_is_the_same_campaign(content: bytes, tmp_path: Path) -> None:
    """Separator, encoding, marks, empty columns, numbers and case of the header make no difference."""
    assert jobs_of(content, tmp_path) == jobs_of(text_of().encode(), tmp_path)


def test_a_workbook_is_a_campaign_by_its_own_name(tmp_path: Path) -> None:
    """And as the rows of a YAML file."""
    (tmp_path / "rows.xlsx").write_bytes(workbook_of(HEADER, *ROWS))
    own = jobs_of(workbook_of(HEADER, *ROWS), tmp_path, "spring.xlsx")

    assert own == jobs_of(b"campaign: spring\nrows: rows.xlsx\n", tmp_path, "spring.yaml")


def test_a_comma_in_a_sheet_of_one_column_separates_nothing_else(tmp_path: Path) -> None:
    """The header decides about the separator, not what the prompts hold."""
    (tmp_path / "rows.csv").write_text("prompt\nShoe; slow|Boot; fast\n")
    head = "campaign: spring\nrows: rows.csv\ndefaults: {model: MiniMax-Hailuo-02, duration: 6, size: 768p}\n"

    jobs = jobs_of(head.encode(), tmp_path, "spring.yaml")

    assert [job.variant.prompt for job in jobs] == ["Shoe; slow", "Boot; fast"]


def test_a_formula_without_its_value_is_refused_with_its_address(tmp_path: Path) -> None:
    """A program wrote it that calculates nothing: the value is not known."""
    content = workbook_of(HEADER, *ROWS, ("P9", *ROWS[0][1:5], '="Shoe on "&E2'))

    [problem] = problems_of(content, tmp_path, "spring.xlsx")

    assert problem == (
        "spring.xlsx:4: the formula in cell F4 was saved without its value; "
        "open it in a spreadsheet and save it again, or paste the values over the formulas"
    )


def test_rows_in_two_sheets_of_a_workbook_are_refused(tmp_path: Path) -> None:
    """Which of them is meant is not clear."""
    book = openpyxl.load_workbook(io.BytesIO(workbook_of(HEADER, *ROWS, title="May")))
    book.copy_worksheet(book["May"]).title = "June"
    buffer = io.BytesIO()
    book.save(buffer)

    [problem] = problems_of(buffer.getvalue(), tmp_path, "spring.xlsx")

    assert "several sheets hold rows: May, June" in problem


def test_a_file_read_as_windows_1252_is_a_warning_that_shows_a_word(tmp_path: Path) -> None:
    """Whoever knows the word sees whether it is right."""
    path = tmp_path / "spring.csv"
    path.write_bytes(SAVED["windows"])

    [warning] = load_campaign(path, catalog=CATALOG, at=AT).warnings

    assert "read as Windows-1252, such as '\"Café'" in warning.reason


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Příliš žluťoučký kůň", "cp1250"),
        ("Zażółć gęślą jaźń", "cp1250"),
        ("Привет, мир", "cp1251"),
        ("Καλημέρα", "cp1253"),
        ("İstanbul ışığı, şık", "cp1254"),
        ("新品の靴", "shift-jis"),
        ("Café crème", "mac_roman"),
        ("Größe", "cp437"),
    ],
)
def test_other_encodings_are_refused(text: str, encoding: str, tmp_path: Path) -> None:
    """Their letters would be other letters in the prompt."""
    content = f"prompt,model,duration,size\n{text},MiniMax-Hailuo-02,6,768p\n".encode(encoding)

    [problem] = problems_of(content, tmp_path)

    assert "UTF-8" in problem


@pytest.mark.parametrize(
    "word", ["Café", "straße", "niño", "maçã", "smörgås", "¿Qué?", "«été»", "5 m²", "“l’œuvre”"]
)
def test_words_of_western_languages_are_not_foreign(word: str) -> None:
    """They are what Windows-1252 is for."""
    assert foreign_word(word) is None


_WESTERN = ("Café", "voilà une", "“Bottle”", "don’t", "straße", "20 €", "© Ö")
GARBLED = [
    "Café",
    "voilà une",
    "“Bottle”",
    "don’t",
    "straße",
    "Привет",
    "新品の靴",
    "ελιά",
    "20 €",
    "😀",
    "œuvre",
    "© Ö",
]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [*((text, "cp1252") for text in GARBLED), *((text, "mac_roman") for text in GARBLED if text in _WESTERN)],
)
def test_a_text_that_was_decoded_wrongly_is_refused_with_what_it_was(text: str, encoding: str) -> None:
    """UTF-8 read as the old encoding of Windows or of the Mac."""
    raw = text.encode()
    garbled = "".join(bytes([one]).decode(encoding, "replace") for one in raw)
    if "\ufffd" in garbled:
        garbled = "".join(
            bytes([one]).decode(encoding) if one not in b"\x81\x8d\x8f\x90\x9d" else chr(one) for one in raw
        )
    with pytest.raises(RefusedValueError) as refused:
        check_text(f"a {garbled} here")

    assert text in refused.value.remedy


SOUND = [
    "MAÇÃO",
    "naïve – “ok”",
    "10 °C, 5 m²",
    "#SALE! now",
    "#1 bottle",
    "Привет",
    "新品の靴",
    "R&D#N/Ax",
    "= equal",
]
SOUND += [
    "“A” and “B”",
    "A sign reads “OPEN”",
    "it’s",
    "a ‘b’",
    "x # y",
    "a «b»…",
    "so “café”…",
    "une «CAFÉ» là",
    "d’«été»!",
]


@pytest.mark.parametrize("text", SOUND)
def test_sound_texts_are_left_alone(text: str) -> None:
    """Typography, other scripts and hashtags are no damage."""
    check_cell(text)


@given(
    st.text(
        st.characters(min_codepoint=0x20, max_codepoint=0x24F, blacklist_categories=["Cc", "Cf"]), max_size=20
    )
)
def test_a_text_that_is_decoded_wrongly_twice_over_is_never_sent(text: str) -> None:
    """Whatever check_text lets pass is not what UTF-8 looks like in Windows-1252, for words with accents."""
    if not any("À" <= one <= "ÿ" and one not in "×÷" for one in text):
        return
    garbled = "".join(
        bytes([one]).decode("cp1252") if one not in b"\x81\x8d\x8f\x90\x9d" else chr(one)
        for one in text.encode()
    )

    with pytest.raises(RefusedValueError):
        check_text(garbled)


ERRORS = [
    "#REF!",
    "#N/A",
    "#VALUE!",
    "#NAME?",
    "#DIV/0!",
    "#NULL!",
    "#NUM!",
    "#SPILL!",
    "#ERROR!",
    "#BEZUG!",
    "#NV",
]
ERRORS += [
    "#WERT!",
    "#VALEUR!",
    "#¡REF!",
    "#¿NOMBRE?",
    "#RIF!",
    "#VERW!",
    "#ADR!",
    "####",
    "Loading...",
    "1,2E+12",
]


@pytest.mark.parametrize(
    "text", [*ERRORS, "=A1", "=SUM(A1)", "='May'!B2", "“a", "a”", "«a", "‘a", "‘a’", "„a“", "“a, b”"]
)
def test_what_a_spreadsheet_shows_instead_of_a_value_is_refused(text: str) -> None:
    """Errors in any language, cut and rounded cells, formulas, quotes around a value."""
    with pytest.raises(RefusedValueError):
        check_cell(text)


Written = Callable[[str], tuple[Job, ...]]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """The jobs of rows with further columns."""

    def jobs(columns: str) -> tuple[Job, ...]:
        head, *rows = columns.splitlines()
        fixed = [
            ",Shoe on {surface},MiniMax-Hailuo-02,6,768p,stone",
            ",Boot on {surface},MiniMax-Hailuo-02,6,768p,ice",
        ]
        lines = [
            f"{head},prompt,model,duration,size,surface",
            *(r + f for r, f in zip(rows, fixed, strict=True)),
        ]
        return jobs_of("\n".join(lines).encode(), tmp_path)

    return jobs


def test_columns_that_no_prompt_uses_travel_with_their_row(written: Written) -> None:
    """As they are written, whatever they are called; ids stay those of the clips."""
    plain = written("prompt_id\nS\nB")

    jobs = written("prompt_id,SKU,Product URL\nS,A|1,https://shop.example/a?x=1\nB,A-2,")

    assert [dict(job.columns) for job in jobs] == [
        {"SKU": "A|1", "Product URL": "https://shop.example/a?x=1"},
        {"SKU": "A-2"},
    ]
    assert [job.creative_id for job in jobs] == [job.creative_id for job in plain]
    assert [job.levels for job in jobs] == [job.levels for job in plain]


def test_takes_and_disclosure_are_of_the_row(written: Written) -> None:
    """They override those of the file."""
    jobs = written("takes,disclosure\n2.0,Yes\n,no")

    assert [(job.take, job.synthetic_performer) for job in jobs] == [(1, "yes"), (2, "yes"), (1, "no")]


def test_labels_may_be_upper_case_and_differ_by_more_than_case(written: Written, tmp_path: Path) -> None:
    """`Hero` and `hero` would be one file name on many a disk."""
    assert [job.levels["prompt"] for job in written("prompt_id\nHero-A\nB")] == ["Hero-A", "B"]

    content = "prompt_id,prompt,model,duration,size\nA,Shoe,MiniMax-Hailuo-02,6,768p\na,Boot,MiniMax-Hailuo-02,6,768p\n"
    assert "differ only in case" in problems_of(content.encode(), tmp_path)[0]


INCLUDE = """campaign: spring
defaults: {model: MiniMax-Hailuo-02, duration: 6, size: 768p}
include:
  - {prompt: Shoe on stone, takes: 2, disclosure: yes, columns: {sku: 0012, Product URL: "https://shop.example/a"}}
  - {prompt: Boot on ice}
"""


def test_a_row_of_include_has_columns_and_an_answer_of_its_own(tmp_path: Path) -> None:
    """A number keeps its digits."""
    jobs = jobs_of(INCLUDE.encode(), tmp_path, "spring.yaml")

    cells = {"sku": "0012", "Product URL": "https://shop.example/a"}
    assert [(dict(job.columns), job.synthetic_performer) for job in jobs] == [
        *[(cells, SyntheticPerformer.YES)] * 2,
        ({}, None),
    ]


def test_a_campaign_may_end_its_ad_names_with_columns(tmp_path: Path) -> None:
    """The id stays first and whole; a row without the column has the usual name."""
    text = INCLUDE.replace("include:", "ad_name_columns: [SKU, product url]\ninclude:")

    first, _, last = jobs_of(text.encode(), tmp_path, "spring.yaml")

    plain = jobs_of(INCLUDE.encode(), tmp_path, "spring.yaml")
    assert ad_name(first) == f"{ad_name(plain[0])}_x-0012_x-https-shop.example-a"
    assert ad_name(last) == ad_name(plain[2])
    long = replace(first, columns={"sku": "A" * 300, "Product URL": "b" * 300})
    assert len(ad_name(long)) == AD_NAME_LIMIT
    assert creative_id_in(ad_name(long)) == first.creative_id
    wrong = INCLUDE.replace("include:", "ad_name_columns: [skuu]\ninclude:")
    assert "did you mean 'sku'?" in problems_of(wrong.encode(), tmp_path, "spring.yaml")[0]


@pytest.mark.parametrize("cells", ["A-1", "[A-1]", "{sku: [A-1]}", "{sku: null}"])
def test_columns_of_include_are_names_with_one_value_each(cells: str, tmp_path: Path) -> None:
    """Anything else is refused with an example."""
    text = INCLUDE.replace("Boot on ice}", f"Boot on ice, columns: {cells}}}")

    [problem] = problems_of(text.encode(), tmp_path, "spring.yaml")

    assert "write {sku: A-1}" in problem


def test_the_next_batch_keeps_what_is_of_a_row(tmp_path: Path) -> None:
    """A file written from rows reads back the same."""
    jobs = jobs_of(INCLUDE.encode(), tmp_path, "spring.yaml")
    campaign = load_campaign(tmp_path / "spring.yaml", catalog=CATALOG, at=AT).campaign
    assert campaign
    rows = tuple(
        DraftRow(
            cell={axis.name: axis.levels[0] for axis in grid.axes},
            takes=grid.takes or 1,
            note="",
            disclosure=grid.synthetic_performer,
            columns=grid.columns,
        )
        for grid in campaign.grids
    )
    draft = DraftCampaign(follows=campaign, edition="main", rows=rows, budget_usd=None, title="Next")

    again = jobs_of(write_campaign(draft, folder=tmp_path).encode(), tmp_path, "next.yaml")

    assert [(job.creative_id, job.columns, job.synthetic_performer) for job in again] == [
        (job.creative_id, job.columns, job.synthetic_performer) for job in jobs
    ]
