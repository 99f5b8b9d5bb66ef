"""The catalogue of sentences: every text that the code names is there, with its fields, and none is left over."""

import ast
import string
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from hailuo.report.texts import say, texts

REPORT = Path(__file__).parents[2] / "hailuo" / "report"
CATALOGUE = tomllib.loads((REPORT / "texts.toml").read_text(encoding="utf-8"))
READ_WHOLE = {"design", "join_method", "count", "methods"}
"""Tables that the code reads as a whole, or by the value of an enum."""


def calls() -> Iterator[tuple[str, ast.Call]]:
    for path in sorted(REPORT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say":
                yield f"{path.name}:{node.lineno}", node


def keys_of(key: ast.expr) -> set[str]:
    """What a call may name: a literal, one of two, or a prefix that is completed by a value."""
    if isinstance(key, ast.Constant):
        return {str(key.value)}
    if isinstance(key, ast.IfExp):
        return keys_of(key.body) | keys_of(key.orelse)
    if isinstance(key, ast.JoinedStr):
        parts = [one.value if isinstance(one, ast.Constant) else "*" for one in key.values]
        start, _, end = "".join(map(str, parts)).partition("*")
        every = [f"{table}.{name}" for table, found in CATALOGUE.items() for name in found]
        return {one for one in every if one.startswith(start) and one.endswith(end)}
    return set()


def fields_of(template: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(template) if field}


@pytest.mark.slow
def test_every_call_names_texts_that_exist_and_gives_their_fields() -> None:
    """A sentence for a rare case is filled in rightly too: nobody may have seen it yet."""
    wrong = [
        f"{where}: {key}"
        for where, call in calls()
        if not isinstance(
            call.args[0], ast.JoinedStr
        )  # these, and fields as **fields, are covered by other tests
        if not any(one.arg is None for one in call.keywords)
        for key in keys_of(call.args[0])
        if not fields_of(CATALOGUE[key.split(".")[0]].get(key.split(".")[1], "{no such text}"))
        <= {str(one.arg) for one in call.keywords}
    ]

    assert wrong == []


@pytest.mark.slow
def test_no_text_is_left_over() -> None:
    """What no code names is deleted."""
    source = "".join(path.read_text(encoding="utf-8") for path in REPORT.rglob("*.py"))
    used = {key for _, call in calls() for key in keys_of(call.args[0])}
    unused = [
        f"{table}.{name}"
        for table, found in CATALOGUE.items()
        if table not in READ_WHOLE
        for name in found
        if f"{table}.{name}" not in used and f'"{table}.{name}"' not in source
    ]

    assert [one for one in unused if not one.startswith("change.")] == []


def test_a_missing_field_or_text_is_an_error() -> None:
    """No sentence with a hole in it is ever shown."""
    with pytest.raises(KeyError):
        say("change.leads", platform="Meta")
    with pytest.raises(KeyError):
        texts("no_such_table")
