"""Public export files of real accounts: read right, refused right, or wrong, against sums of plain pandas.

The files are neither part of this project nor downloaded: `make judge HAILUO_EXPORTS=FOLDER` reads those that you have.
`accounts.toml` says what each of them is.
"""

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from benchmarks.judge.lines import Line, not_run
from hailuo.report.exports import ExportError, read_exports

GOAL: Final = "G19"
_EXPECTED: Final = Path(__file__).with_suffix(".toml")
_NO_NUMBER: Final = r"[$,%\s]|--"


class Outcome(StrEnum):
    """What came of a file."""

    READ = "read right"
    REFUSED = "refused right"
    WRONG = "wrong"


def real_accounts(folder: Path | None) -> Iterator[Line]:
    """A line for each platform: how many of its files are read right, refused right, or wrong, and the sums."""
    expected = tomllib.loads(_EXPECTED.read_text(encoding="utf-8"))["file"]
    if folder is None or not folder.is_dir():
        yield not_run(
            GOAL, f"{len(expected)} public export files of real accounts", "no data; HAILUO_EXPORTS=FOLDER"
        )
        return
    known = [one for one in expected if (folder / one["name"]).exists()]
    platforms = dict.fromkeys(one["name"].split("_")[0] for one in known)
    for platform in platforms:
        files = [one for one in known if one["name"].split("_")[0] == platform]
        yield from _platform(platform, files, folder)


def _platform(platform: str, files: Sequence[Mapping[str, Any]], folder: Path) -> Iterator[Line]:
    found = {one["name"]: outcome_of(one, (folder / one["name"]).read_bytes()) for one in files}
    tally = Counter(outcome for outcome, _ in found.values())
    wrong = [f"{name}: {why}" for name, (outcome, why) in found.items() if outcome is Outcome.WRONG]
    yield Line(
        goal=GOAL,
        what=f"{len(files)} export files of real accounts, {platform}: counts equal to those of plain pandas, or refused for what is wrong",
        expected="none wrong",
        found=", ".join([f"{tally[one]} {one}" for one in Outcome] + wrong),
        held=not wrong,
    )


def outcome_of(expected: Mapping[str, Any], content: bytes) -> tuple[Outcome, str]:
    """What the reader makes of a file, and what is wrong, if anything is."""
    reason = expected.get("refused")
    try:
        frame = read_exports({expected["name"]: content})
    except ExportError as error:
        said = str(error.every[0]) if error.every else ""
        right = reason is not None and any(reason in str(problem) for problem in error.every)
        return (Outcome.REFUSED, "") if right else (Outcome.WRONG, f"refused: {said}")
    if reason is not None:
        return Outcome.WRONG, "read, and nothing in it is an ad's"
    wrong = [
        f"{count} {found:,.2f}, by pandas {sum_:,.2f}"
        for count, sum_ in plain_sums(expected, content).items()
        if not np.isclose(found := float(frame[count].sum()), sum_, rtol=1e-9, atol=0.005)
    ]
    wrong += [f"{count} is known" for count in expected.get("unknown", ()) if frame[count].notna().any()]
    unnamed = {*expected.get("named", ())} - {*frame.attrs["unread_money"][expected["name"]]}
    wrong += [f"{header} is not named" for header in sorted(unnamed)]
    return (Outcome.WRONG, "; ".join(wrong)) if wrong else (Outcome.READ, "")


def plain_sums(expected: Mapping[str, Any], content: bytes) -> dict[str, float]:
    """The sums that pandas takes of a file, read with a given separator, encoding and header line."""
    table = _table(expected, content)
    if column := expected.get("drop"):  # a total has no ad there
        table = table[table[column].fillna("").str.strip(" -") != ""]
    sums = {}
    for count, header in expected["columns"].items():
        cells = table
        if count == "conversions":
            for kind, value in expected.get("only", {}).items():
                cells = cells[cells[kind] == value]
        numbers = pd.to_numeric(
            cells[header].fillna("").str.replace(_NO_NUMBER, "", regex=True), errors="coerce"
        )
        sums[count] = float(numbers.sum()) * expected.get("units", {}).get(header, 1.0)
    return sums


def _table(expected: Mapping[str, Any], content: bytes) -> pd.DataFrame:
    if expected["name"].endswith(".xlsx"):
        return pd.read_excel(BytesIO(content), dtype=str)
    wide = content.startswith(b"\xff\xfe")
    return pd.read_csv(
        BytesIO(content),
        dtype=str,
        skiprows=expected.get("header", 0),
        encoding="utf-16" if wide else "utf-8-sig",
        sep="\t" if wide else ",",
    )
