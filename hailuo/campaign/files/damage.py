"""Texts that a program damaged before they came here: a spreadsheet, a decoder or a word processor.

A damaged prompt would be bought as it is. So it is refused, and the remedy shows what it should be.
"""

import re
from collections.abc import Iterable
from typing import Final

from hailuo.campaign.files.text import RefusedValueError
from hailuo.text import quoted

_ERROR: Final = re.compile(
    r"(?<![\w&#])#(?:"
    # English, then German, French, Spanish, Italian, Portuguese, Dutch, Polish: as Excel, Sheets and Calc show them.
    r"(?:REF|VALUE|NAME|NUM|NULL|DIV/0|SPILL|CALC|FIELD|BLOCKED|CONNECT|UNKNOWN|BUSY|PYTHON|EXTERNAL|TIMEOUT|ERROR"
    r"|BEZUG|WERT|ZAHL|ÜBERLAUF|VALEUR|NOM|NOMBRE|NUL|RIF|VALORE|NOME|VALOR|VERW|WAARDE|NAAM|GETAL|DEEL/0"
    r"|ADR|ARG|NAZWA|LICZBA|DZIEL/0)[!?]"
    r"|[¡¿](?:REF|VALOR|NUM|NOMBRE|DIV/0|NULO)[!?]"
    r"|N/[ADB](?!\w)|NV(?!\w)|GETTING_DATA)"
)
_HASHES: Final = re.compile(r"#{3,}")
_ROUNDED: Final = re.compile(r"[-+]?[0-9](?:[.,][0-9]+)?E\+[0-9]{2,}", re.IGNORECASE)
_FORMULA: Final = re.compile(
    r"=\s*(?:[A-Z][A-Z0-9._]*\(|\$?[A-Z]{1,3}\$?[0-9]+\b|['\"(\w][^ ]*!)", re.IGNORECASE
)
_SOUND: Final = re.compile(r'[ -"$-*,./:-<>-~][ -"$-~]*')
"""What most cells are: ASCII without #, which begins neither as a number nor as a formula."""

_LOADING: Final = ("Loading...", "Wird geladen...", "Chargement...", "Cargando...", "Caricamento...")

# What two to four bytes of UTF-8 look like when they are read as Windows-1252.
_HIGH: Final = "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ\x81\x8d\x8f\x90\x9d\xa0-\xbf"
_GARBLED: Final = re.compile(f"(?:[Â-ß][{_HIGH}]|[à-ï][{_HIGH}]{{2}}|[ð-ô][{_HIGH}]{{3}})+")
_GARBLED_MAC: Final = re.compile(r"(?:[√¬][^\x00-\x7f]|‚[ÄÇÑ][^\x00-\x7f])+")
"""The same, read as the old encoding of the Mac."""

_A_GRAVE: Final = re.compile(r"(?<=[a-z])Ã(?=[ \xa0])")
"""An `à` whose second byte, a no-break space, became a space."""

_LIKELY: Final = (
    *((0xA0, 0x17F), (0x218, 0x21B), (0x386, 0x52F)),  # Latin, Greek, Cyrillic
    *((0x2000, 0x22FF), (0x2500, 0x27BF), (0x1F000, 0x1FAFF)),  # punctuation, currencies, symbols, emoji
)
_SCRIPTS: Final = (*((0x590, 0x6FF), (0x900, 0x1FFF), (0x3000, 0x9FFF), (0xAC00, 0xD7FF), (0xFE00, 0xFFEF)),)
"""Hebrew to Thai, Chinese, Japanese, Korean. One letter alone may be chance (`é”…`); a garbled word has several."""

# Letters beyond ASCII of the languages that Windows-1252 serves; a word of another encoding mixes them.
_ALPHABETS: Final = tuple(
    frozenset(letters)
    for letters in (
        "äöüß",
        "àâæçéèêëîïôœùûüÿ",
        "áéíñóúü",
        "ãáàâçéêíõóôúü",
        "àèéìíîòóùú",
        "åäöæøéüó",
        "éèëïóöüáíú",
    )
)
_MARKS: Final = frozenset("“”‘’„‚–—…€£¥©®™«»‹›¿¡ºª×·§°±½¼¾µ•´¢ \xa0\xad")
_ASCII: Final = frozenset(map(chr, range(128)))
_SQUARED: Final = re.compile(r"(?<=m)[²³]")
_WORD: Final = re.compile(r"[^\W\d_]+")
_MARK_IN_WORD: Final = re.compile(r"[^\W\d_]([^\w\s])[^\W\d_]")
_MAY_JOIN: Final = frozenset("’‘´·–—…×/-'&@.,:;|+_()[]{}!?\"=#*%~^\\<>$`\xad")

_DOUBLES, _ANGLES, _SINGLES = "“”„‟", "«»", "‘’‚"
_INNER_SINGLE: Final = re.compile(r"[‘‚]|’(?!\w)")
_STRAIGHT: Final = str.maketrans({**dict.fromkeys("“”„‟«»", '"'), **dict.fromkeys("‘’‚", "'")})


def check_text(text: str) -> None:
    """Raises: RefusedValueError for a text that shows an error of a spreadsheet or letters that were decoded wrongly."""
    if found := _ERROR.search(text):
        raise RefusedValueError(
            f"{quoted(text)} has {found[0]}, an error of the spreadsheet",
            "correct the formula, then save it again",
        )
    if "\ufffd" in text:
        reason = f"{quoted(text)} has letters that were lost (\ufffd) when it was saved"
        raise RefusedValueError(reason, "write them again, and save the file as UTF-8")
    if text.isascii():
        return
    mended = _A_GRAVE.sub("à", _GARBLED_MAC.sub(_decoded, _GARBLED.sub(_decoded, text)))
    if mended != text:
        reason = f"{quoted(text)} was decoded wrongly"
        raise RefusedValueError(reason, f"write {quoted(mended)}, or save the file as UTF-8 anew")


def check_cell(text: str) -> None:
    """`check_text`, and what only a cell of a sheet can be. Raises: RefusedValueError."""
    if _SOUND.fullmatch(text) and text not in _LOADING:
        return
    check_text(text)
    if _HASHES.fullmatch(text):
        raise RefusedValueError(
            f"{quoted(text)} is a cell that was too narrow", "widen the column, save again"
        )
    if _ROUNDED.fullmatch(text):
        reason = f"{quoted(text)} is a number that the spreadsheet rounded"
        raise RefusedValueError(reason, "format the column as text, and enter the number again")
    if _FORMULA.match(text):
        raise RefusedValueError(f"{quoted(text)} is a formula, not its value", "save the values of the sheet")
    if text in _LOADING:
        raise RefusedValueError(f"{quoted(text)}: the sheet was not ready", "wait for it, then save again")
    check_quotes(text)


def cell_fault(text: str) -> tuple[str, str] | None:
    """Reason and remedy of what is damaged in a cell; None if nothing is."""
    try:
        check_cell(text)
    except RefusedValueError as refusal:
        return refusal.reason, refusal.remedy
    return None


def check_quotes(text: str) -> None:
    """Raises: RefusedValueError for typographic quotes around a value, or one that is open: a text was cut there."""
    if (fault := _quote_fault(text)) is not None:
        straight = with_straight_quotes(text.strip()).strip('"')
        remedy = f'enclose all that belongs to the value in straight quotes: "{straight}"'
        raise RefusedValueError(f"{quoted(text)} {fault}", remedy)


def with_straight_quotes(text: str) -> str:
    """The text with `"` and `'` for typographic quotes."""
    return text.translate(_STRAIGHT)


def _quote_fault(text: str) -> str | None:
    if text.isascii():
        return None
    text = text.strip()
    for family in (_DOUBLES, _ANGLES, _SINGLES):
        at_ends = [mark for mark in (text[:1], text[-1:]) if mark and mark in family]
        if not at_ends:
            continue
        count = sum(text.count(mark) for mark in family)
        if _is_open(text) if family is _SINGLES else count % 2:
            return f"has a typographic quote without its partner ({at_ends[0]})"
        inside = _INNER_SINGLE.search(text, 1, len(text) - 1) if family is _SINGLES else count > 2
        if len(at_ends) == 2 and not inside:
            return f"is enclosed in typographic quotes ({''.join(at_ends)})"
    return None


def _is_open(text: str) -> bool:
    """Whether a single quote at one end has no partner; an apostrophe inside a word is none."""
    begins = text[0] in "‘‚" and not re.search(r"[‘’](?!\w)", text[1:])
    ends = text[-1] in "‘’" and not re.search(r"(?<!\w)[‘‚’]", text[:-1])
    return begins or ends


def _decoded(found: re.Match[str]) -> str:
    """What the characters were before they were read as Windows-1252; themselves where that is not likely."""
    encoding = "mac_roman" if found.re is _GARBLED_MAC else "cp1252"
    try:
        text = b"".join(_byte(character, encoding) for character in found[0]).decode()
    except UnicodeError:
        return found[0]
    codes = [ord(character) for character in text]
    likely = any(_within(code, _LIKELY) for code in codes)
    garbled_word = len(text) > 1 and all(_within(code, (*_LIKELY, *_SCRIPTS)) for code in codes)
    return text if likely or garbled_word else found[0]


def _byte(character: str, encoding: str) -> bytes:
    try:
        return character.encode(encoding)
    except UnicodeEncodeError:
        return character.encode("latin-1")


def _within(code: int, ranges: Iterable[tuple[int, int]]) -> bool:
    return any(first <= code <= last for first, last in ranges)


def foreign_word(text: str) -> str | None:
    """In a text that was read as Windows-1252: the first word that no language writes so; None if there is none."""
    if text.isascii():
        return None
    for word in text.split():
        bare = _SQUARED.sub("", word)
        letters = [set(one.lower()) - _ASCII for one in _WORD.findall(bare)]
        marks = {c for c in bare if not c.isascii() and not c.isalpha()} | ({"ª", "º"} & set(bare))
        joins = {c for c in _MARK_IN_WORD.findall(bare) if not c.isascii()}
        own = [one - {"ª", "º"} for one in letters]
        if marks - _MARKS or joins - _MAY_JOIN or not all(any(o <= a for a in _ALPHABETS) for o in own):
            return word
    return None
