"""The finishes of a campaign: filled for a job, and checked before anything is bought or drawn."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from typing import Final

from hailuo.campaign.catalog import Catalog
from hailuo.campaign.finish import AddedSound, Finish, UsedFile
from hailuo.campaign.job import Job
from hailuo.campaign.model import Campaign
from hailuo.campaign.prompt import read_template
from hailuo.errors import Place, Problem
from hailuo.media.composition import Canvas, compose
from hailuo.media.expectation import expected_facts
from hailuo.media.inspection import Facts
from hailuo.media.letters import LetterError, check_letters
from hailuo.media.placements import PlacementBook, placement_book
from hailuo.media.recipe import ConformError, CopyOptions, Recipe, recipe_for_aspect, recipe_for_placement
from hailuo.sheets import key_of
from hailuo.text import listed, quoted

_MOST_COMPOSED: Final = 20
"""Of each finish in each shape: those with the longest texts."""

_MOST_LISTED: Final = 10
_NO_PLACEMENT: Final = ""
_USUAL: Final = "9:16"  # what a finish without placements is checked for
_SHORT_S: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishFindings:
    """What is wrong with the finishes of a campaign, and what to know about them."""

    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


def filled_finish(
    finish: Finish, job: Job, *, columns: Mapping[str, str] | None = None
) -> tuple[Finish, tuple[Problem, ...]]:
    """The finish with the cells of the job's row in its texts, and the fields that the row does not have.

    `columns` are today's cells of the row; without them, those that the job was recorded with count.
    """
    cells = {**job.levels, **(job.columns if columns is None else columns)}
    values = {key_of(name): cell for name, cell in cells.items()}
    problems = []

    def fill(text: str, place: Place) -> str:
        try:
            template = read_template(text)
        except ValueError:
            return text  # a problem of the file already
        missing = sorted(name for name in template.fields if not values.get(key_of(name), "").strip())
        for name in missing:
            reason = f"the row of HV-{job.creative_id} has nothing in the column {quoted(name)}"
            problems.append(Problem(place, reason, f"fill it; columns and axes are {listed(sorted(cells))}"))
        known = {name: values.get(key_of(name), "") for name in template.fields}
        return text if missing else template.fill(known)

    return finish.filled(fill), tuple(problems)


def canvas_of(recipe: Recipe, clip: Facts, book: PlacementBook) -> Canvas:
    """The frame that a finish is drawn on."""
    seconds = [one for one in (clip.duration_s, recipe.longest_s) if one is not None]
    return Canvas.of(recipe.width, recipe.height, recipe.safe or book.safe, clip_s=min(seconds, default=None))


def finish_findings(campaign: Campaign, jobs: Sequence[Job], catalog: Catalog) -> FinishFindings:
    """Every problem of the campaign's finishes, for each of its placements and each clip that it orders.

    Where many rows fill a text, all of their letters are looked at, and the longest of them are laid out.
    """
    book, problems, warnings = placement_book(), _Found(), _Found()
    clips = [expected_facts(job.variant, catalog) for job in jobs]
    for finish in campaign.finishes or ():
        wanted: defaultdict[Facts, dict[Finish, None]] = defaultdict(dict)
        for job, clip in zip(jobs, clips, strict=True):
            filled, missing = filled_finish(finish, job)
            problems.add(missing)
            wanted[clip][filled] = None
        problems.add(_without_letters(one for filled_ones in wanted.values() for one in filled_ones))
        for clip, filled_ones in wanted.items():
            longest = sorted(filled_ones, key=lambda one: -len(one.text))[:_MOST_COMPOSED]
            for name, one in product(campaign.placements or (_NO_PLACEMENT,), longest):
                try:
                    canvas = _expected_canvas(one, name, clip, book)
                except ConformError as error:
                    remedy = "`hailuo conform` makes no such copy"
                    warnings.add([Problem(one.place, f"the version {one.name}: {error}", remedy)], name)
                    continue
                problems.add(compose(one, canvas).problems, name)
                if one.sound:
                    problems.add(_unheard(one.sound, canvas, one))
                    warnings.add(_cut_off(one.sound, canvas, one), name)
    return FinishFindings(problems=problems.listed(), warnings=warnings.listed())


class _Found:
    """Problems, each once, with the placements where it is one."""

    def __init__(self) -> None:
        self._places: defaultdict[Problem, dict[str, None]] = defaultdict(dict)

    def add(self, problems: Iterable[Problem], placement: str = _NO_PLACEMENT) -> None:
        for problem in problems:
            self._places[problem][placement] = None

    def listed(self) -> tuple[Problem, ...]:
        """At most ten for one place and remedy: a column may be wrong in every row."""
        found: list[Problem] = []
        alike = Counter[tuple[Place, str]]()
        for problem, placements in self._places.items():
            alike[problem.place, problem.remedy] += 1
            if alike[problem.place, problem.remedy] <= _MOST_LISTED:
                where = ", ".join(name for name in placements if name)
                found.append(replace(problem, reason=problem.reason + (f" (in {where})" if where else "")))
        for (place, remedy), number in alike.items():
            if number > _MOST_LISTED:
                found.append(Problem(place, f"and {number - _MOST_LISTED:,} more of the same", remedy))
        return tuple(found)


def _expected_canvas(finish: Finish, name: str, clip: Facts, book: PlacementBook) -> Canvas:
    """Of a clip that is not there yet. Raises: ConformError where the placement takes no copy so long or so short."""
    options = CopyOptions(finish=finish.finish_id, added_s=finish.added_s)
    placement = book.placements.get(name)
    if placement:
        return canvas_of(recipe_for_placement(placement, clip, options, book), clip, book)
    return canvas_of(recipe_for_aspect(_USUAL, clip, options, book), clip, book)


def _without_letters(finishes: Iterable[Finish]) -> Iterator[Problem]:
    """The texts that the font of their caption cannot draw."""
    captions = dict.fromkeys(caption for finish in finishes for caption in finish.captions)
    for caption in captions:
        font = caption.lettering.font
        if font is None or font.sha256:
            try:
                check_letters(caption.text, font.path if font else None)
            except LetterError as error:
                yield Problem(caption.place, f"the {caption.kind}: {error.reason}", error.remedy)


def _unheard(sound: AddedSound, canvas: Canvas, finish: Finish) -> Iterator[Problem]:
    if not sound.file.sha256:
        return
    length = _length_of(sound.file)
    if isinstance(length, str):
        yield Problem(sound.place, length, "name a file with sound, such as voice.wav")
    elif canvas.clip_s is not None and sound.from_s >= canvas.clip_s + finish.added_s:
        copy_s = canvas.clip_s + finish.added_s
        reason = f"the sound begins at {sound.from_s:g} s, and the copy has {copy_s:g} s"
        yield Problem(sound.place, reason, "let it begin earlier (`from`)")


def _cut_off(sound: AddedSound, canvas: Canvas, finish: Finish) -> Iterator[Problem]:
    length = _length_of(sound.file) if sound.file.sha256 else None
    if isinstance(length, float) and canvas.clip_s is not None:
        copy_s = canvas.clip_s + finish.added_s
        if sound.from_s + length > copy_s + _SHORT_S:
            reason = f"the sound ends at {sound.from_s + length:.1f} s, and the copy at {copy_s:g} s: its end is cut off"
            yield Problem(sound.place, reason, "shorten the file, or let it begin earlier (`from`)")


@cache
def _length_of(file: UsedFile) -> float | str | None:
    """Seconds, or why there are none; None where the file does not say."""
    from hailuo.media.sound import seconds_of  # noqa: PLC0415 (loads the codecs: only for a finish with sound)

    try:
        return seconds_of(file.path)
    except ConformError as error:
        return str(error)
