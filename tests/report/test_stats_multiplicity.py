"""Adjusted p-values keep their order and only grow."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from hailuo.report.stats.effects import benjamini_hochberg, holm
from tests.support.report.published import BH_PS

Adjust = Callable[[Sequence[float]], list[float]]
PS = st.lists(st.floats(0, 1), max_size=40)


@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])
def test_nothing_adjusts_to_nothing(adjust: Adjust) -> None:
    """A test without comparisons is no special case, and one comparison needs no adjustment."""
    assert adjust([]) == []
    assert adjust([0.03]) == [0.03]


@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])
@given(ps=PS)
def test_adjusting_keeps_the_order_and_only_grows(adjust: Adjust, ps: list[float]) -> None:
    """The most surprising stays the most surprising, less so among many."""
    found = adjust(ps)
    assert all(p - 1e-12 <= q <= 1 for p, q in zip(ps, found, strict=True))
    by_p = [q for _, q in sorted(zip(ps, found, strict=True))]
    assert all(a <= b + 1e-12 for a, b in pairwise(by_p))


@given(ps=PS)
def test_holm_is_the_stricter(ps: list[float]) -> None:
    """No false alarm at all is a stronger promise than few of them."""
    assert all(h >= b - 1e-12 for h, b in zip(holm(ps), benjamini_hochberg(ps), strict=True))


def test_the_answer_comes_in_the_order_of_the_question() -> None:
    """Shuffled p-values get the adjusted ones of their own places."""
    assert holm(BH_PS[::-1]) == holm(BH_PS)[::-1]


@pytest.mark.parametrize(("adjust", "method"), [(holm, "holm"), (benjamini_hochberg, "fdr_bh")])
@pytest.mark.parametrize("ps", [BH_PS, BH_PS[:1], BH_PS[::-2], (0.2, 0.01, 0.2, 0.0, 1.0, 0.01)])
def test_another_library_agrees(adjust: Adjust, method: str, ps: Sequence[float]) -> None:
    """statsmodels adjusts these, ties and all, to the same numbers."""
    assert adjust(ps) == pytest.approx(multipletests(ps, method=method)[1].tolist())
