"""Tests, benchmarks and scripts share code through tests/support alone; the product imports none of them."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

OURS = {"benchmarks", "flows", "hailuo", "scripts", "tests"}
PRODUCT = ("hailuo", "flows")
SUPPORT = "tests.support"
MAY_IMPORT = {
    "hailuo": ("hailuo",),
    "flows": PRODUCT,
    "tests/support": (*PRODUCT, SUPPORT),
    "benchmarks": (*PRODUCT, SUPPORT, "benchmarks"),
    "scripts": (*PRODUCT, SUPPORT, "scripts"),
    "tests": (*PRODUCT, "tests", "benchmarks", "scripts"),
}


def imported(path: Path) -> Iterator[str]:
    """The modules of ours that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


@pytest.mark.slow
@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_imports_point_to_the_product(folder: str) -> None:
    """Benchmarks and scripts know neither each other nor the tests of others."""
    allowed = MAY_IMPORT[folder]
    wrong = [
        f"{path}: {name}"
        for path in sorted(Path(folder).rglob("*.py"))
        for name in imported(path)
        if name.partition(".")[0] in OURS
        and not any(name == start or name.startswith(f"{start}.") for start in allowed)
    ]
    assert wrong == []
