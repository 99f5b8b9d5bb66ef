"""First frames registered with the vendor, where a family wants that: once for each picture, and remembered.

Registering is free. It goes like an order all the same: an intent first, then one request. A run that died between the two
looks for the picture at the vendor, by a name that no other registration has. Only what is not there is registered anew.
"""

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from hailuo.campaign.catalog import People
from hailuo.campaign.job import Job
from hailuo.clock import Stopwatch
from hailuo.ledger.pictures import PictureAsset, PictureEnd, PictureLedger, PictureRecord
from hailuo.run.events import Event, EventKind
from hailuo.run.tools import StopSignal, Tools, retry_until_recorded
from hailuo.run.watching import Announcer
from hailuo.vendor import Asset, AssetPhase, Fault, Meaning, is_moderation

_GROUP: Final = "hailuo-campaigns"
_LOOK_SECONDS: Final = 5.0
_ACTIVE_SECONDS_AT_MOST: Final = 180.0
"""A picture is usable after about 10 s; after this it is left to the next try."""

_OTHERS_SECONDS: Final = 60.0
"""So long another worker may be sending its registration; later it is taken for dead. To register twice costs nothing."""

_LOOKS_AT_RECORD: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Unregistered:
    """Why the picture cannot be ordered with. `fault` is the vendor's answer, None where it was only waited for.

    `for_good`: the vendor will never take it, whatever is tried. `code` is the vendor's.
    """

    reason: str
    fault: Fault | None = None
    for_good: bool = False
    code: str | None = None


class RegisteredPictures:
    """Registers the first frames of one run. Waits end when `interrupt` is set."""

    def __init__(self, tools: Tools, *, announce: Announcer, interrupt: StopSignal) -> None:
        self._tools = tools
        self._announce = announce
        self._interrupt = interrupt
        self._busy = defaultdict[tuple[str | None, str], asyncio.Lock](asyncio.Lock)
        self._known: dict[tuple[str | None, str], str | Unregistered] = {}
        self._groups: dict[str | None, str] = {}

    def wants(self, job: Job) -> bool:
        """Whether the job's first frame has to be registered."""
        model = self._tools.catalog.model(job.variant.model)
        people = self._tools.catalog.family_of(model).people if model else People.INLINE
        return people is People.ASSETS and job.variant.first_frame is not None

    async def reference(self, job: Job, url: str) -> str | Unregistered:
        """How an order names the job's first frame, which is at `url`. Raises: StoreUnavailableError, StoppedError."""
        frame, model = job.variant.first_frame, self._tools.catalog.models[job.variant.model]
        assert frame is not None  # noqa: S101 (`wants` said so)
        upload_model, key = model.upload_model, (model.upload_model, frame.sha256)
        async with self._busy[key]:
            if key not in self._known:
                group = await self._group(upload_model)
                if isinstance(group, Unregistered):
                    return group
                picture = _Picture(url=url, sha256=frame.sha256, group_id=group, upload_model=upload_model)
                ledger = self._ledger(upload_model, frame.sha256)
                found = await _Registration(
                    picture, ledger, self._tools, announce=self._announce, interrupt=self._interrupt
                ).reference()
                if isinstance(found, Unregistered) and found.fault:
                    return found  # the next job may try again
                self._known[key] = found
        return self._known[key]

    async def _group(self, upload_model: str | None) -> str | Unregistered:
        """The id of the group that holds the pictures: on record, else at the vendor, else a new one."""
        async with self._busy[upload_model, _GROUP]:
            if upload_model not in self._groups:
                ledger = self._ledger(upload_model, _GROUP)
                record = await ledger.read()
                if record.asset is None:
                    found = await self._group_at_vendor(upload_model)
                    if isinstance(found, Fault):
                        return Unregistered(reason=str(found), fault=found)
                    await ledger.name_asset(
                        1, PictureAsset(asset_id=found.asset_id, at=self._tools.clock.now())
                    )
                    record = await ledger.read()
                if record.asset is None:
                    return Unregistered(reason="the store does not keep the group of the pictures")
                self._groups[upload_model] = record.asset.asset_id
        return self._groups[upload_model]

    async def _group_at_vendor(self, upload_model: str | None) -> Asset | Fault:
        client, listed = self._tools.client, await self._tools.client.asset_groups(upload_model=upload_model)
        own = [one for one in listed if one.name == _GROUP] if not isinstance(listed, Fault) else []
        return own[0] if own else await client.create_asset_group(_GROUP, upload_model=upload_model)

    def _ledger(self, upload_model: str | None, picture: str) -> PictureLedger:
        base_url = self._tools.client.base_url
        return PictureLedger(self._tools.store, base_url=base_url, upload_model=upload_model, picture=picture)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Picture:
    """A picture, where the vendor fetches it, and the group that it comes into."""

    url: str
    sha256: str
    group_id: str
    upload_model: str | None


class _Registration:
    """One picture on its way to a reference."""

    def __init__(
        self,
        picture: _Picture,
        ledger: PictureLedger,
        tools: Tools,
        *,
        announce: Announcer,
        interrupt: StopSignal,
    ) -> None:
        self._picture, self._ledger, self._tools = picture, ledger, tools
        self._announce, self._interrupt = announce, interrupt

    async def reference(self) -> str | Unregistered:
        """The reference to an active asset: one that is on record, or a new one."""
        for _ in range(_LOOKS_AT_RECORD):
            record = await self._ledger.read()
            if record.asset and not record.end:
                return await self._awaited(record.number, record.asset.asset_id)
            if record.end and (found := await self._remembered(record)):
                return found
            is_open = record.intent is not None and record.end is None
            if is_open and await self._is_found(record):
                continue
            if is_open:
                self._note("an earlier run died before it had the vendor's answer")
            if failed := await self._registered_as(record.number + 1):
                return failed
        return Unregistered(reason="the store does not keep the records of registered pictures")

    async def _remembered(self, record: PictureRecord) -> str | Unregistered | None:
        """What an earlier registration came to; None where it came to nothing, or the vendor has it no more."""
        if record.end and record.end.refused:
            reason = record.end.message or "the vendor does not register it"
            return Unregistered(reason=reason, for_good=True, code=record.end.code)
        if record.end is None or record.asset is None or not record.end.usable:
            return None
        answer = await self._tools.client.asset(record.asset.asset_id)
        if isinstance(answer, Fault):
            is_gone = answer.meaning is Meaning.REFUSED_JOB  # no answer says nothing
        else:
            is_gone = answer.phase is AssetPhase.FAILED
        if is_gone:
            self._note("the vendor does not have it any more")
        return None if is_gone else Asset(asset_id=record.asset.asset_id).url

    async def _registered_as(self, number: int) -> Unregistered | None:
        """One registration, from intent to recorded answer. None: look at the record again."""
        name, clock, picture = f"{self._picture.sha256[:40]}-{number:03}", self._tools.clock, self._picture
        worker = self._tools.ledger.worker
        if not await self._ledger.intend(number, name=name, worker=worker, at=clock.now()):
            return None
        answer = await self._tools.client.create_asset(
            name, picture.url, group_id=picture.group_id, upload_model=picture.upload_model
        )
        if isinstance(answer, Asset):
            await self._keep(number, answer.asset_id)
            return None
        for_good, is_unclear = answer.meaning is Meaning.REFUSED_JOB, answer.meaning is Meaning.UNCLEAR
        if is_unclear and await self._is_at_vendor(number, name):
            return None
        end = PictureEnd(
            usable=False, refused=for_good, code=answer.code, message=str(answer), at=clock.now()
        )
        await self._end(number, end)
        return Unregistered(reason=str(answer), fault=answer, for_good=for_good, code=answer.code)

    async def _is_found(self, record: PictureRecord) -> bool:
        """Whether an intent without an answer has come to something: at the vendor, or by another worker that is alive."""
        name, watch = record.intent.name if record.intent else "", Stopwatch(self._tools.clock)
        opened = record.recorded_at or await self._tools.store.now()
        age = abs((await self._tools.store.now() - opened).total_seconds())
        while not await self._is_at_vendor(record.number, name):
            if age + watch.seconds >= _OTHERS_SECONDS:
                return False
            await self._pause()
            fresh = await self._ledger.read()
            if fresh.asset or fresh.end or fresh.number != record.number:
                return True
        return True

    async def _is_at_vendor(self, number: int, name: str) -> bool:
        """Whether the vendor lists the picture of that name; then its id is on record now. A vendor that cannot say has none."""
        group, upload_model = self._picture.group_id, self._picture.upload_model
        listed = await self._tools.client.assets(group_id=group, upload_model=upload_model)
        own = [one for one in listed if one.name == name] if not isinstance(listed, Fault) else []
        if own:
            note = "found at the vendor by its name: the answer to its registration was lost"
            await self._keep(number, own[0].asset_id, note=note)
        return bool(own)

    async def _awaited(self, number: int, asset_id: str) -> str | Unregistered:
        """The reference, once the picture is active."""
        clock, watch = self._tools.clock, Stopwatch(self._tools.clock)
        while True:
            answer = await self._tools.client.asset(asset_id)
            if isinstance(answer, Asset) and answer.phase is AssetPhase.ACTIVE:
                await self._end(number, PictureEnd(usable=True, at=clock.now()))
                return answer.url
            if isinstance(answer, Asset) and answer.phase is AssetPhase.FAILED:
                refused = is_moderation(answer.code)
                reason = " ".join(filter(None, [answer.code, answer.message])) or "without a reason"
                end = PictureEnd(
                    usable=False, refused=refused, code=answer.code, message=reason, at=clock.now()
                )
                await self._end(number, end)
                return Unregistered(reason=reason, for_good=refused, code=answer.code)
            if watch.seconds >= _ACTIVE_SECONDS_AT_MOST:
                fault = answer if isinstance(answer, Fault) else None
                return Unregistered(reason="the vendor has not accepted it yet", fault=fault)
            await self._pause()

    def _note(self, why: str) -> None:
        text = f"the first frame {self._picture.sha256[:12]} is registered anew, which is free: {why}"
        self._announce(Event(kind=EventKind.SLOWED, text=text))

    async def _keep(self, number: int, asset_id: str, *, note: str | None = None) -> None:
        asset = PictureAsset(asset_id=asset_id, at=self._tools.clock.now(), note=note)
        await retry_until_recorded(
            self._tools.clock, lambda: self._ledger.name_asset(number, asset), about=f"picture {asset_id}"
        )

    async def _end(self, number: int, end: PictureEnd) -> None:
        await retry_until_recorded(
            self._tools.clock, lambda: self._ledger.end(number, end), about="a picture's registration ended"
        )

    async def _pause(self) -> None:
        await self._interrupt.run_until_stopped(self._tools.clock.sleep(_LOOK_SECONDS))
