"""What a prompt changes against the control's: words kept, added and dropped."""

import re
from difflib import SequenceMatcher
from typing import Final

_ALIKE: Final = 0.4
"""Below this share of common words two prompts are two prompts: marking every word would tell nothing."""

Change = tuple[str, str]
"""`same`, `added` or `dropped`, and the words with the space after them."""


def word_changes(before: str, after: str) -> list[Change]:
    """The way from one prompt to another, word by word; nothing where they are the same, or have little in common.

    All but the dropped parts make up `after`, all but the added ones `before`.
    """
    if before == after:
        return []
    old, new = (re.findall(r"\s*\S+|\s+$", text) for text in (before, after))
    changes: list[Change] = []
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < _ALIKE:
        return []
    for _, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        dropped, added = "".join(old[old_from:old_to]), "".join(new[new_from:new_to])
        changes += [("same", added)] if dropped == added else [("dropped", dropped), ("added", added)]
    return [change for change in changes if change[1]]
