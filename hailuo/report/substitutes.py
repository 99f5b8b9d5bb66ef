"""Clips that replaced others: another model rendered them because the one that was compared failed. They are set apart."""

import pandas as pd

_COLUMN = "fallback_for"


def without_substitutes(variants: pd.DataFrame) -> pd.DataFrame:
    """The rows of a manifest that were ordered to be compared."""
    return variants if _COLUMN not in variants else variants[variants[_COLUMN].isna()]


def substitutes_of(variants: pd.DataFrame) -> dict[str, str]:
    """The creative id of each substitute in a manifest, to that of the creative which it replaced."""
    if _COLUMN not in variants:
        return {}
    rows = variants[variants[_COLUMN].notna()]
    return dict(zip(rows["creative_id"].astype(str), rows[_COLUMN].astype(str), strict=True))
