"""Judgements of several people while they look: each that comes in is a record of the store, by the format of files."""

import hashlib
from typing import Final

from hailuo.clock import Clock
from hailuo.errors import Place
from hailuo.publish import manifest
from hailuo.publish.picks import Desk, EqualNamesError, check_files, creatives_of, keep_files
from hailuo.store import Store, read_many
from hailuo.store.layout import Edition

_SENT: Final = "the judgements that were sent"


class RefusedJudgements(Exception):  # noqa: N818 (an answer to a browser, not an error of a command)
    """What a browser sent is not taken in: the reasons in words; or another browser has judged under that name before."""

    def __init__(self, problems: list[str], *, is_equal_name: bool) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems
        self.is_equal_name = is_equal_name


class LiveJudgements:
    """The judgements of one edition, for as long as a server runs. Nothing is kept here that is not in the store."""

    def __init__(self, store: Store, edition: Edition, *, clock: Clock) -> None:
        self._store, self._edition, self._clock = store, edition, clock
        self._read: dict[str, manifest.JudgementFile | None] = {}
        self._known: frozenset[str] = frozenset()
        self._merged = "", b""
        self.taken = 0
        """How many judgements and choices came in."""

    async def everything(self) -> tuple[str, bytes]:
        """What everybody said, as one file, and a version that changes whenever something came in."""
        keys, files = await self._files()
        version = hashlib.sha256("\n".join(keys).encode()).hexdigest()[:16]
        if self._merged[0] == version:
            return self._merged
        said = manifest.newest(one for file in files for one in file.judgements)
        merged = manifest.JudgementFile(
            campaign=self._edition.campaign,
            edition=self._edition.name,
            judgements=tuple(one for given in said.values() for one in given),
            pairs=manifest.newest_pairs(one for file in files for one in file.pairs),
        )
        self._merged = version, manifest.judgements_json(merged)
        return self._merged

    async def take(self, content: bytes, *, is_same_person: bool) -> None:
        """Keep what one person said. `is_same_person`: they say that an equal name in the store is theirs.

        Raises: RefusedJudgements; StoreUnavailableError.
        """
        try:
            file = manifest.read_judgements(content, name=_SENT)
            if not file.creative_ids <= self._known:  # for the first time, or a run made more of them
                self._known = await creatives_of(self._store, self._edition)
            _, stored = await self._files()
            desk = Desk(edition=self._edition, known=self._known, stored=stored, now=self._clock.now())
            check_files({Place(_SENT): file}, desk, trusts_names=is_same_person)
            self.taken += await keep_files(self._store, self._edition, [file])
        except manifest.JudgementError as error:
            problems = [str(problem) for problem in error.problems]
            raise RefusedJudgements(problems, is_equal_name=isinstance(error, EqualNamesError)) from error

    async def _files(self) -> tuple[list[str], list[manifest.JudgementFile]]:
        """The keys of all records, and those that can be read; each is read once, as none ever changes."""
        keys = sorted(entry.key for entry in await self._store.listing(self._edition.judgements))
        new = [key for key in keys if key not in self._read]
        for key, content in (await read_many(self._store, new)).items():
            self._read[key] = _parsed(key, content)
        return keys, [file for key in keys if (file := self._read.get(key))]


def _parsed(key: str, content: bytes) -> manifest.JudgementFile | None:
    try:
        return manifest.read_judgements(content, name=key)
    except manifest.JudgementError:  # edited by hand: no reason to stop everybody
        return None
