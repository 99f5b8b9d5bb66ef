"""The finishes of a campaign file: its versions with what they share, and the files that they use."""

import hashlib
import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final, Literal

from hailuo.campaign.files.finish_schema import (
    NAME,
    NO_BOX,
    NO_FINISH,
    CaptionSection,
    EndCardSection,
    FinishSection,
    LetteringSection,
    LogoSection,
    PriceSection,
    SoundSection,
    SubtitlesSection,
    VersionSection,
)
from hailuo.campaign.files.text import ProblemList, path_inside
from hailuo.campaign.finish import (
    AddedSound,
    DrawnText,
    EndCard,
    Finish,
    Lettering,
    Logo,
    Span,
    Spot,
    Subtitles,
    UsedFile,
)
from hailuo.campaign.prompt import read_template
from hailuo.errors import Place
from hailuo.text import nearest, quoted

ALONE: Final = "finished"
"""The name of a finish without versions."""

_MOST_BYTES: Final = 200_000_000
_SIZES: Final = {"caption": 6.0, "price": 8.0, "end_card": 8.0, "subtitles": 4.5}


def read_finishes(section: FinishSection, folder: Path, problems: ProblemList) -> tuple[Finish, ...]:
    """One finish for each version, in the order of the file; without versions, one that is called `finished`.

    Files are looked for in the campaign's `folder`, and only hashed here.
    """
    reader = _FinishReader(section, folder, problems)
    versions = section.versions.sections
    for name in section.versions.names:
        if not re.fullmatch(NAME, name) or name == NO_FINISH:
            reason = f"the version is called {quoted(name)}"
            remedy = f"use a-z, 0-9 and hyphens, at most 40 of them, and not {quoted(NO_FINISH)}"
            problems.add(section.versions.place_of(name), reason, remedy)
    if not section.versions.names:
        return (reader.finish(ALONE, section, section.place),)
    return tuple(reader.finish(name, own, section.versions.place_of(name)) for name, own in versions.items())


@dataclass(frozen=True, slots=True)
class _FinishReader:
    """Reads what one version draws: its own elements, then those of all."""

    shared: FinishSection
    folder: Path
    problems: ProblemList

    def finish(self, name: str, version: VersionSection, place: Place) -> Finish:
        logo, caption, price, card, sound, subtitles = (
            getattr(version if key in version.model_fields_set else self.shared, key)
            for key in ("logo", "caption", "price", "end_card", "sound", "subtitles")
        )
        captions = caption if isinstance(caption, list) else [caption]
        return Finish(
            name=name,
            logo=logo and self._logo(logo),
            captions=tuple(self._caption(one) for one in (*captions, price) if one),
            end_card=card and self._card(card),
            sound=sound and self._sound(sound),
            subtitles=subtitles and self._subtitles(subtitles),
            place=place,
        )

    def _logo(self, logo: LogoSection) -> Logo:
        return Logo(
            picture=self._file(logo.picture, logo.place_of("picture")),
            position=Spot(logo.position),
            size=float(logo.size),
            margin=float(logo.margin),
            opacity=float(logo.opacity),
            span=self._span(logo.first, logo.to, logo.place_of("to")),
            place=logo.place,
        )

    def _caption(self, caption: CaptionSection | PriceSection) -> DrawnText:
        is_price = isinstance(caption, PriceSection)
        kind: Literal["caption", "price"] = "price" if is_price else "caption"
        place = caption.place_of("text")
        text = (caption.text.content if caption.text else None) or ("{price}" if is_price else "")
        return DrawnText(
            kind=kind,
            text=self._template(text, f"the {kind}", place),
            lettering=self._lettering(caption, kind),
            position=Spot(caption.position or (Spot.TOP_LEFT if is_price else Spot.BOTTOM)),
            margin=float(caption.margin),
            span=self._span(caption.first, caption.to, caption.place_of("to")),
            place=place,
        )

    def _card(self, card: EndCardSection) -> EndCard:
        text = (card.text.content if card.text else None) or ""
        if not text and not card.picture and "background" not in card.model_fields_set:
            reason = "end_card has no picture, no text and no background"
            self.problems.add(card.place, reason, "give it one of them, or remove it")
        return EndCard(
            seconds=float(card.seconds),
            over=card.over,
            picture=self._file(card.picture, card.place_of("picture")) if card.picture else None,
            background=card.background,
            text=self._template(text, "the end card", card.place_of("text")),
            lettering=self._lettering(card, "end_card"),
            position=Spot(card.position),
            place=card.place_of("text"),
        )

    def _sound(self, sound: SoundSection) -> AddedSound:
        return AddedSound(
            file=self._file(sound.file, sound.place_of("file")),
            mix=sound.how == "mix",
            from_s=float(sound.first),
            clip_db=float(sound.clip_db),
            place=sound.place_of("file"),
        )

    def _subtitles(self, subtitles: SubtitlesSection) -> Subtitles:
        return Subtitles(
            file=self._file(subtitles.file, subtitles.place_of("file")),
            lettering=self._lettering(subtitles, "subtitles"),
            position=Spot(subtitles.position or Spot.BOTTOM),
            margin=float(subtitles.margin),
            place=subtitles.place_of("file"),
        )

    def _lettering(self, section: LetteringSection, key: str) -> Lettering:
        return Lettering(
            font=self._file(section.font, section.place_of("font")) if section.font else None,
            size=_SIZES[key] if section.size is None else float(section.size),
            colour=section.colour,
            box=None if section.box == NO_BOX else section.box,
        )

    def _span(self, first: Decimal, to: Decimal | None, place: Place) -> Span:
        if to is not None and to <= first:
            self.problems.add(place, f"`to` is {to}, and `from` is {first}", "write a later `to`, or none")
            return Span()
        return Span(from_s=float(first), to_s=None if to is None else float(to))

    def _template(self, text: str, what: str, place: Place) -> str:
        try:
            read_template(text)
        except ValueError as error:
            reason = str(error).replace("the prompt", what)
            self.problems.add(place, reason, "write {name} with a plain name, and {{ and }} for braces")
        return text

    def _file(self, name: str, place: Place) -> UsedFile:
        """The file by its bytes; without a hash, and with a problem, where there is none."""
        try:
            path = path_inside(name, self.folder)
            if path.is_file() and path.stat().st_size <= _MOST_BYTES:
                with path.open("rb") as file:
                    return UsedFile(path=path, sha256=hashlib.file_digest(file, "sha256").hexdigest())
            reason = "is larger than 200 MB" if path.is_file() else "is no file"
        except ValueError as error:
            reason, path = f"cannot be used: {error}", self.folder
        except OSError as error:
            reason = f"cannot be read ({(error.strerror or 'unknown cause').lower()})"
        self.problems.add(place, f"{quoted(name)} {reason}", self._remedy(name))
        return UsedFile(path=path, sha256="")

    def _remedy(self, name: str) -> str:
        try:
            beside = [str(path.relative_to(self.folder)) for path in (self.folder / name).parent.iterdir()]
        except (OSError, ValueError):
            beside = []
        found = nearest(name, beside)
        return (
            f"did you mean {quoted(found)}?"
            if found and found != name
            else "put it into the campaign's folder"
        )
