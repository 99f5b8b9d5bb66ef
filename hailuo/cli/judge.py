"""`hailuo judge FILE JUDGEMENTS...`"""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from hailuo.cli.options import edition_of, edition_option, file_or_edition_argument
from hailuo.cli.plain import count, say
from hailuo.cli.tables import ColumnKind, TableColumn, show_table
from hailuo.errors import ExitCode
from hailuo.publish import manifest
from hailuo.publish.picks import judge
from hailuo.publish.preferences import Preferences
from hailuo.publish.publish import publish
from hailuo.run.environment import run_environment
from hailuo.store.layout import Edition
from hailuo.store.open import nothing_bought_without_store, open_store

_MOST_NAME = 100


def _name(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    if value is not None and not 0 < len(value.strip()) <= _MOST_NAME:
        raise click.BadParameter(f"a name has 1 to {_MOST_NAME} characters")
    return value.strip() if value else None


@click.command("judge")
@file_or_edition_argument
@click.argument("judgements", metavar="[JUDGEMENTS...]", nargs=-1, type=click.Path(path_type=Path))
@edition_option
@click.option(
    "--reviewer",
    metavar="NAME",
    callback=_name,
    help="Whose the files are. Names files without a name, and says that files with equal names are one person's.",
)
def command(file: Path, judgements: tuple[Path, ...], edition: str | None, reviewer: str | None) -> ExitCode:
    """Import picks, ratings, tags, notes and choices in blind pairs that a gallery exported, and rebuild manifest and gallery.

    Then it shows who says what, and what people prefer in blind pairs. Without JUDGEMENTS it only does that.

    Nothing is overwritten: the newest judgement of each reviewer on a clip counts. Two people with one name are
    refused: name each with --reviewer.
    """
    with nothing_bought_without_store():
        asyncio.run(_judge(judgements, edition_of(file, edition), reviewer))
    return ExitCode.COMPLETE


async def _judge(paths: tuple[Path, ...], edition: Edition, reviewer: str | None) -> None:
    env = run_environment()
    store = open_store(env.settings)
    taken = await judge(store, paths, edition=edition, clock=env.clock, reviewer=reviewer)
    made = await publish(store, env.clock, edition)
    if paths:
        say(f"{count(taken, 'judgement')} of {count(len(paths), 'file')}")
    say(f"{store.uri}/{made.edition.manifest_jsonl}")
    say(f"{store.uri}/{made.edition.gallery}")
    _show(manifest.plain_rows(made.rows))
    _show_preferences(made.preferences())


def _show(rows: Sequence[Mapping[str, Any]]) -> None:
    """One line per judged clip: its number, the votes for and against it, and what each person says."""
    judged = [row for row in rows if row["judgements"]]
    if not judged:
        say("no clip is judged yet")
        return
    given = {manifest.folded(one["reviewer"]): one["reviewer"] for row in judged for one in row["judgements"]}
    people = dict(sorted(given.items()))
    lines = []
    for row in judged:
        by = {manifest.folded(one["reviewer"]): one for one in row["judgements"]}
        picks = [one["pick"] for one in by.values()]
        against = picks.count("reject")
        votes = f"{len(picks) - against - picks.count('none')}:{against}"
        said = [_said(by[name]) if name in by else "" for name in people]
        lines.append([f"#{row['clip_number']}", row["creative_id"], votes, *said])
    columns = [TableColumn("clip", ColumnKind.NUMBER), TableColumn("creative"), TableColumn("votes")]
    show_table([*columns, *(TableColumn(name, ColumnKind.TEXT) for name in people.values())], lines)


def _show_preferences(found: Preferences) -> None:
    """What people prefer in blind pairs, axis by axis, and whether taste predicts results."""
    for axis in found.axes:
        say(
            f"{axis.axis}: {count(axis.choices, 'choice')} in blind pairs by {count(axis.people, 'person', 'people')}"
        )
        for other, choices in axis.also:
            say(f"  warning: in {count(choices, 'choice')} the clips also differ in {other}")
        numbers = [
            TableColumn(name, ColumnKind.NUMBER) for name in ("preferred", "95 % interval", "best", "won")
        ]
        rows = [
            [
                one.level,
                f"{one.chance:.0%}",
                f"{one.low:.0%} to {one.high:.0%}",
                f"{one.p_best:.0%}",
                f"{one.won:g} of {one.choices}",
            ]
            for one in axis.levels
        ]
        show_table([TableColumn(axis.axis, ColumnKind.TEXT), *numbers], rows)
    for one in found.agreement:
        say(
            f"{one.taste} and {one.label}: rank correlation {one.correlation:+.2f} "
            f"({one.low:+.2f} to {one.high:+.2f}) over {count(one.clips, 'clip')}"
        )


def _said(judgement: Mapping[str, Any]) -> str:
    """Such as `pick, 4 of 5, hero: the haze`."""
    pick, rating = judgement["pick"], judgement["rating"]
    words = [pick if pick != "none" else "", f"{rating} of 5" if rating else "", *judgement["tags"]]
    return ": ".join(filter(None, [", ".join(filter(None, words)), judgement["note"] or ""]))
