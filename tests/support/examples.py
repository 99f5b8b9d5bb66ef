"""How many examples a costly property gets."""

from hypothesis import settings


def examples(most: int) -> int:
    """So many, or as many as the profile has if that is less: `make unit` has few, `make fuzz` many."""
    return min(most, settings().max_examples)
