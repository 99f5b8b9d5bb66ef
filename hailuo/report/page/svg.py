"""Drawing without a style attribute: a strict policy forbids those, so shapes carry classes and the sheet does the rest.

Across, places are per cent of the width: a drawing then fits a phone and a page of A4 with its text at full size.
"""

from typing import Final

from markupsafe import Markup, escape

_SHAPES: Final = {
    "diamond": "M0-5 5 0 0 5-5 0z",
    "left": "M-1 0 5-4V4z",
    "right": "M1 0-5-4V4z",
}


def element(name: str, *children: str, **attributes: str | float | None) -> Markup:
    """One element; text is escaped, `class_` is `class`, `text_anchor` is `text-anchor`, None is left out."""
    told = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_short(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    inside = "".join(str(escape(child)) for child in children)
    return Markup(f"<{name}{told}>{inside}</{name}>" if inside else f"<{name}{told}/>")  # noqa: S704 (escaped above)


def picture(*shapes: Markup, title: str, desc: str, height: int, class_: str = "strip") -> Markup:
    """A drawing as wide as its place, `height` CSS px high, that a screen reader reads as its title and description."""
    texts = (element("title", title), element("desc", desc))
    return element("svg", *texts, *shapes, class_=class_, role="img", height=height, width="100%")


def place(percent: float) -> str:
    """A place across, as per cent of the width."""
    return f"{_short(percent)}%"


def symbol(shape: str, percent: float, y: float, class_: str) -> Markup:
    """A small sign at a place: a `diamond`, or an arrow head `left` or `right` for what lies beyond the edge."""
    path = element("path", d=_SHAPES[shape], class_=class_)
    return element("svg", path, x=place(percent), y=y, overflow="visible")


def _short(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
