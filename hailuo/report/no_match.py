"""Why no row of the exports found its creative: the ids that the files have, those that the manifest has, the nearest."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Final

import pandas as pd

from hailuo.report.texts import say
from hailuo.report.tokens import id_like, readable, tokens
from hailuo.text import printable, quoted

_NAMES: Final = ("ad_name", "utm_content", "file_name")
_MOST_NAMES: Final = 30
_MOST_SHOWN: Final = 3
_MOST_COMPARED: Final = 2000
_LEAST_ALIKE: Final = 0.6


def no_match(joined: pd.DataFrame, variants: pd.DataFrame) -> Iterator[str]:
    """Sentences for results of which none found its creative; none where some did, or there are none."""
    if joined.empty or joined["creative_id"].notna().any():
        return
    known = [str(one) for one in variants["creative_id"].dropna().tolist()]
    by_spend = joined.assign(spend=joined["spend"].fillna(0.0)).sort_values(
        "spend", ascending=False, kind="stable"
    )
    texts = [str(one) for name in _NAMES for one in by_spend[name].dropna().unique()[:_MOST_NAMES]]
    ids = list(dict.fromkeys(token for text in texts for token in tokens(readable(text)) if id_like(token)))
    names = [str(one) for one in variants["ad_name"].dropna().tolist()] if "ad_name" in variants else []
    seen = f"the ids {_shown(ids)}" if ids else f"no ids; ads are called {_shown(list(map(quoted, texts)))}"
    if not texts:
        seen = "no names of ads"
    yield say("caution.no_match", seen=printable(seen), known=printable(_shown(known)))
    for one, others in ((ids, known), (texts, names)):
        if pair := _nearest(one, others):
            yield say("caution.nearest", here=printable(pair[0]), there=printable(pair[1]))
            return


def _shown(texts: Sequence[str]) -> str:
    more = len(texts) - _MOST_SHOWN
    return ", ".join(texts[:_MOST_SHOWN]) + (f" and {more:,} more" if more > 0 else "")


def _nearest(texts: Sequence[str], known: Sequence[str]) -> tuple[str, str] | None:
    """The first text that is much like a known one, and that one."""
    for text in texts[:_MOST_NAMES]:
        found = get_close_matches(text, known[:_MOST_COMPARED], n=1, cutoff=_LEAST_ALIKE)
        if found:
            return text, found[0]
    return None
