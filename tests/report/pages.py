"""A report's page taken apart."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

from hailuo.report.findings import ReportFindings
from hailuo.report.page import Clip, render

POSTER = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
_VOID = frozenset({"meta", "link", "img", "br", "hr", "input"})


@dataclass
class Element:
    """A tag with its attributes, and what is inside it in its order: elements and texts."""

    tag: str
    attrs: dict[str, str | None]
    inside: list["Element | str"] = field(default_factory=list)

    def walk(self) -> Iterator["Element"]:
        yield self
        for child in self.inside:
            if isinstance(child, Element):
                yield from child.walk()

    def all(self, tag: str, class_: str = "") -> list["Element"]:
        found = (one for one in self.walk() if one.tag == tag)
        return [one for one in found if not class_ or class_ in (one.attrs.get("class") or "").split()]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self._texts()).split())

    def _texts(self) -> Iterator[str]:
        for child in self.inside:
            if isinstance(child, Element):
                yield from child._texts()
            else:
                yield child


class Page(HTMLParser):
    """The whole page as one element."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.root = Element("root", {})
        self._open = [self.root]
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs))
        self._open[-1].inside.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self._open[-1].inside.append(Element(tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        closed = self._open.pop()
        assert closed.tag == tag, f"<{closed.tag}> is closed by </{tag}>"

    def handle_data(self, data: str) -> None:
        self._open[-1].inside.append(data)

    def all(self, tag: str, class_: str = "") -> list[Element]:
        return self.root.all(tag, class_)

    def section(self, heading: str) -> Element:
        """The section whose heading has this id."""
        return next(one for one in self.all("section") if one.attrs["aria-labelledby"] == heading)


def media_of(findings: ReportFindings) -> dict[str, Clip]:
    """A poster and a link for every clip."""
    creatives = [creative for found in findings.platforms for creative in found.creatives]
    return {
        one.creative_id: Clip(poster=POSTER, href=f"../clips/{one.creative_id}.mp4", label=one.label)
        for one in creatives
    }


def page_of(findings: ReportFindings, **options: object) -> Page:
    """The page of these findings."""
    return Page(render(findings, media=media_of(findings), **options))  # type: ignore[arg-type]  # a test names any
