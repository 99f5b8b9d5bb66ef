"""Judgements: what a gallery exported, stored once and never changed."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from hailuo.errors import MissingKeyError, Place, Problem
from hailuo.logs import quiet_logger
from hailuo.named_files import read_named
from hailuo.plan.file import read_plan
from hailuo.publish import manifest
from hailuo.store import Store, read_many
from hailuo.store.layout import Edition

_MOST_SHOWN: Final = 10
_log = quiet_logger(__name__)


async def judge(store: Store, paths: Sequence[Path], edition: Edition) -> int:
    """Store the judgements in the files, all of them or none; returns how many they are.

    A file that was stored before changes nothing. Raises: JudgementError, StoreUnavailableError.
    """
    known = await _creatives(store, edition)
    files, problems = [], []
    for path in paths:
        content = await asyncio.to_thread(
            read_named, path, refuse=manifest.JudgementError, remedy="name the exported file"
        )
        file = manifest.read_judgements(content, name=str(path))
        files.append(file)
        problems += _problems(Place(str(path)), file, known, edition)
    if problems:
        raise manifest.JudgementError(problems)
    for file in files:
        content = manifest.judgements_json(file)
        await store.create(manifest.judgement_key(content, edition), content)
    return sum(len(file.judgements) for file in files)


async def judgements_of(store: Store, edition: Edition) -> Mapping[str, Sequence[manifest.Judgement]]:
    """creative id -> the newest judgement of every reviewer, newest first. Raises: StoreUnavailableError."""
    keys = [entry.key for entry in await store.listing(edition.judgements)]
    found: list[manifest.Judgement] = []
    for key, content in (await read_many(store, keys)).items():
        try:
            found += manifest.read_judgements(content, name=key).judgements
        except manifest.JudgementError:  # edited by hand: no reason to stop a manifest
            _log.warning("hailuo.judgements.not_readable", extra={"key": key})
    return manifest.newest(found)


async def _creatives(store: Store, edition: Edition) -> frozenset[str]:
    """Every id in the edition's manifest; if there is no manifest yet, those of its plan."""
    try:
        rows = manifest.read_jsonl(await store.read(edition.manifest_jsonl))
    except MissingKeyError:
        plan = await read_plan(store, edition)
        return frozenset(line.job.creative_id for line in plan.lines) if plan else frozenset()
    return frozenset(str(creative_id) for creative_id in rows["creative_id"])


def _problems(
    place: Place, file: manifest.JudgementFile, known: frozenset[str], edition: Edition
) -> list[Problem]:
    if Edition(file.campaign, file.edition) != edition:
        reason = f"judges {file.campaign}/{file.edition}, not {edition}"
        return [Problem(place, reason, "name the campaign file or the edition that it judges")]
    strangers = sorted({one.creative_id for one in file.judgements} - known)[:_MOST_SHOWN]
    remedy = "rebuild with `hailuo manifest`, or export again from the newest gallery"
    return [Problem(place, f"no creative of the edition is called {cid}", remedy) for cid in strangers]
