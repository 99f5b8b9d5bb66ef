"""One edition of one campaign, opened: plan, admit, run, publish."""

from __future__ import annotations  # what runs, deals out and checks is loaded by what needs it

import os
import secrets
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hailuo.clock import Clock, SystemClock
from hailuo.errors import Place, Problem
from hailuo.extras import Extra, is_installed, missing
from hailuo.ledger.ledger import Ledger
from hailuo.ledger.prices import NO_RECORDS, read_prices
from hailuo.logs import quiet_loggers
from hailuo.plan.plan import Plan, make_plan
from hailuo.plan.prepare import PreparedCampaign
from hailuo.run.admission import admit, frame_warnings, refusals, vendor_name
from hailuo.run.events import Observer, RunReport, no_observer
from hailuo.run.spending import SpendingGrant, spent_by
from hailuo.run.store_place import StorePlace
from hailuo.run.tools import Connections, Tools, retry_until_recorded, scratch_folder, tools_of
from hailuo.settings import Settings, is_loopback, is_simulator, load_settings
from hailuo.store import Store
from hailuo.store.layout import MONEY
from hailuo.store.open import nothing_bought_without_store, open_store, uri_in_full
from hailuo.vendor.open import open_client

if TYPE_CHECKING:
    from hailuo.publish.publish import Publication
    from hailuo.publish.share import GalleryLink
    from hailuo.run.inspector import Inspector
    from hailuo.run.lead import Lead
    from hailuo.run.runner import Runner
    from hailuo.run.shards import ShardNotes, Share


_UNCHECKED: Final = missing(Extra.MEDIA, Place("HAILUO_CHECKS"), "looking at each clip that is stored")


class Session:
    """One edition of one campaign, opened: plan, admit, run, publish."""

    def __init__(
        self,
        prepared: PreparedCampaign,
        settings: Settings,
        *,
        tools: Tools,
        spending: SpendingGrant,
    ) -> None:
        self.campaign = prepared.require_campaign()
        self._prepared = prepared
        self._settings = settings
        self._tools = tools
        self._spending = spending
        self._runner: Runner | None = None
        self._warnings: tuple[Problem, ...] = ()
        self._prices = NO_RECORDS
        self._chosen = prepared.chosen
        self.inspector: Inspector | None = None
        """Checks the clips that get stored; None: no checks."""

    @property
    def store(self) -> Store:
        return self._tools.store

    async def place(self) -> StorePlace:
        """Where it keeps what it buys. Raises: AdmissionError without a store."""
        with nothing_bought_without_store():
            is_new = not await self.store.listing(MONEY)
        vendor = vendor_name(self._tools, self._settings)
        return StorePlace(
            uri=uri_in_full(self.store),
            vendor=vendor,
            is_new=is_new,
            is_default="store" not in self._settings.model_fields_set,
            is_simulated=is_simulator(vendor),
        )

    async def require_known_store(self, plan: Plan, *, word: str) -> None:
        """Refuse to buy the plan into a new store where no question is asked; `word` as in `StorePlace.require_known`.

        Raises: AdmissionError, with whatever else would be refused.
        """
        place = await self.place()
        if place.is_new and plan.may_be_bought:
            place.require_known(await self.refusals(plan, ask_vendor=False), word=word)

    async def plan(self, *, histories: bool = False) -> Plan:
        """Read the ledger, compare it with the clips, and say what a run would do; `histories` as in `Ledger.load`.

        What is wrong with the records or the clips is among the plan's warnings. Raises: AdmissionError without a store.
        """
        expansion = self._prepared.expansion
        known = {job.creative_id for job in (*expansion.jobs, *expansion.substitutes)}
        ledger = self._tools.ledger
        with nothing_bought_without_store():
            await ledger.load(known, histories=histories)
            await ledger.check_clips()
            self._prices = await read_prices(self.store)
            money = (*self._prices.findings, *await self._spending.findings())
            frames = await frame_warnings(self._prepared.expansion.jobs, self.store)
        findings = (*ledger.findings, *ledger.clip_findings, *money)
        checks = [] if is_installed(Extra.MEDIA) else [_UNCHECKED]
        self._warnings = (*self._prepared.warnings, *frames, *findings, *checks)
        self._chosen, limit = self._prepared.chosen, self._prepared.request.limit
        if limit is not None:
            self._chosen = self.plan_by_now().within(limit)
        return self.plan_by_now()

    def plan_by_now(self) -> Plan:
        """The plan by what this session has read and recorded since `plan`; the store is not asked again."""
        return make_plan(
            self.campaign,
            replace(self._prepared.expansion, warnings=self._warnings),
            self._tools.ledger,
            self._tools.catalog,
            chosen=self._chosen,
            budget_usd=self._prepared.request.budget_usd,
            prices=self._prices,
        )

    async def admit(self, plan: Plan, *, agreed_digest: str | None = None, shared: bool = False) -> None:
        """Let the whole plan in, or nothing of it. Raises: AdmissionError with every reason.

        `agreed_digest` is of the plan that was agreed to; any other plan is refused. `shared` if shards in other
        processes will buy on its grant.
        """
        with nothing_bought_without_store():
            await admit(
                plan,
                self._tools,
                self._settings,
                spending=self._spending,
                agreed_digest=agreed_digest,
                shared=shared,
            )

    async def refusals(self, plan: Plan, *, ask_vendor: bool = True) -> list[Problem]:
        """Every reason for which the plan would not be let in now; nothing is bought, granted or offered.

        Without `ask_vendor` the balance is not read, and nothing is written to try the store.
        """
        with nothing_bought_without_store():
            return await refusals(
                plan, self._tools, self._settings, spending=self._spending, ask_vendor=ask_vendor
            )

    async def part(self, share: Share) -> Plan:
        """A shard's part of a plan that its lead has admitted, at the prices that were granted.

        Raises: AdmissionError where this worker sees another file, another store, or no open grant.
        """
        from hailuo.run.lead import part_of  # noqa: PLC0415 (a plan runs nothing)

        whole = await self.plan()
        with nothing_bought_without_store():
            prices = await self._spending.prices()
        return part_of(whole, share, prices=prices, settings=self._settings)

    def runner(self, plan: Plan, *, observe: Observer) -> Runner:
        """What drives the plan once it is admitted."""
        from hailuo.run.runner import Runner  # noqa: PLC0415 (a plan runs nothing)

        observer = self.inspector.hearing(observe) if self.inspector else observe
        self._runner = Runner(plan, self._tools, observe=observer, spending=self._spending)
        return self._runner

    async def run(self, plan: Plan, *, observe: Observer = no_observer) -> RunReport:
        """Collect what other editions have paid, admit the plan, and drive it to its end.

        A plan that is refused has its paid clips collected first. Raises: AdmissionError, before anything is bought.
        """
        from hailuo.run.leftovers import PaidClips  # noqa: PLC0415 (a plan runs nothing)

        paid = PaidClips(
            self._settings,
            self._tools.clock,
            observe=observe,
            connections=Connections(store=self.store, client=self._tools.client),
        )
        async with paid.first(self.campaign.name, self.campaign.this_edition):
            await self.admit(plan)
        return await self.runner(plan, observe=observe).run()

    def lead(self, plan: Plan, *, machines: int) -> Lead:
        """What deals the admitted plan out to shards, and watches over them."""
        from hailuo.run.lead import Lead  # noqa: PLC0415 (a plan runs nothing)

        return Lead(plan, self._tools, self._settings, self._spending, machines=machines)

    def noting(self, share: Share, runner: Runner) -> AbstractAsyncContextManager[None]:
        """Write this shard's progress for the lead while the block runs."""
        from hailuo.run.watching import watched_by  # noqa: PLC0415 (a plan runs nothing)

        return watched_by(self._notes().beating(share.number, runner.progress))

    async def give_account(self, share: Share, runner: Runner) -> None:
        """The shard's last note: how its jobs ended, and what its attempts cost; then its checks are let finish.

        Raises: StoreUnavailableError.
        """
        from hailuo.run.shards import ShardNote  # noqa: PLC0415 (a plan runs nothing)

        spent = spent_by(self._spending.run, self._tools.ledger)
        note = ShardNote(
            number=share.number,
            at=self._tools.clock.now(),
            progress=runner.progress(),
            report=runner.report(),
            spent={cid: amount for cid, amount in spent.items() if cid in share.creative_ids},
        )
        await retry_until_recorded(
            self._tools.clock, lambda: self._notes().write(note), about="a shard's account"
        )
        await self._finish_checks()

    def _notes(self) -> ShardNotes:
        from hailuo.run.shards import ShardNotes  # noqa: PLC0415 (a plan runs nothing)

        return ShardNotes(
            self.store, self._tools.clock, edition=self.campaign.this_edition, run=self._spending.run
        )

    def checks_under_way(self) -> int:
        """How many stored clips are being checked, or wait for it."""
        return self.inspector.under_way if self.inspector else 0

    async def _finish_checks(self) -> None:
        """Wait for the checks of what this session knows as stored; not in an interrupted run."""
        interrupted = self._runner and self._runner.report().interrupted
        if self.inspector and not interrupted:
            from hailuo.run.inspector import CHECKS_SECONDS_AT_MOST  # noqa: PLC0415 (a plan runs nothing)

            await self.inspector.catch_up(patience_seconds=CHECKS_SECONDS_AT_MOST)

    async def gallery_link(self, made: Publication, *, valid_for: timedelta) -> GalleryLink:
        """Where to look at what was published: a signed link where the store can sign, else a path."""
        from hailuo.publish.share import link_to  # noqa: PLC0415 (it loads pandas: only to show a gallery)

        lasting = open_store(
            self._settings
        )  # a folder served for a simulator has links that end with this run
        return await link_to(made, lasting, self._tools.clock, valid_for=valid_for)

    async def publish(self) -> Publication:
        """Build manifest and gallery; what was stored is checked first, for ten minutes at most."""
        from hailuo.publish.publish import publish  # noqa: PLC0415 (it loads pandas: only to make pages)

        await self._finish_checks()
        return await publish(self._tools.store, self._tools.clock, self.campaign.this_edition)


@asynccontextmanager
async def open_session(
    prepared: PreparedCampaign,
    settings: Settings | None = None,
    *,
    clock: Clock | None = None,
    share: Share | None = None,
    connections: Connections | None = None,
    only_looks: bool = False,
) -> AsyncIterator[Session]:
    """Open store, ledger and vendor for a campaign without problems; they are closed when the block ends.

    `settings` are those of the environment and `clock` is the system's unless given. With a `share`, the session is one
    shard of another run: it buys on that run's grant, within its share of the vendor's limits. `connections` are used in
    place of those that the settings name, and stay open. A session that `only_looks` checks no clip.

    Raises: CampaignError with every problem of the campaign; SettingsError, AdmissionError without a store.
    """
    quiet_loggers("asyncio")
    campaign, clock = prepared.require_campaign(), clock or SystemClock()
    settings = settings or load_settings()
    settings = share.limits(settings) if share else settings
    async with AsyncExitStack() as stack:
        if connections is None:
            served_at = stack.enter_context(_frames_served(prepared, settings))
            store = open_store(settings, served_at=served_at)
            client = await stack.enter_async_context(open_client(settings))
            connections = Connections(store=store, client=client)
        scratch = stack.enter_context(scratch_folder())
        run = share.run if share else _run_name()
        worker = share.worker if share else run
        tools = tools_of(
            settings,
            Ledger(connections.store, clock, campaign.this_edition, worker=worker),
            connections,
            clock=clock,
            catalog=prepared.catalog,
            scratch=scratch,
        )
        spending = SpendingGrant(tools, settings, run=run)
        if share is None:  # the grant is the lead's to close
            stack.push_async_callback(spending.close)
        session = Session(prepared, settings, tools=tools, spending=spending)
        if settings.checks == "on" and not only_looks:
            from hailuo.run.inspector import inspecting  # noqa: PLC0415 (a plan runs nothing)

            jobs = prepared.expansion.jobs
            session.inspector = await stack.enter_async_context(
                inspecting(tools.store, tools.ledger, jobs, scratch=tools.scratch)
            )
        yield session


@contextmanager
def _frames_served(prepared: PreparedCampaign, settings: Settings) -> Iterator[str | None]:
    """Where the simulator on this machine finds the local first frames of a folder store; else None."""
    local = any(job.frame_key for job in prepared.expansion.jobs)
    if not local or "://" in settings.store or not is_loopback(settings.base_url):
        yield None
        return
    from hailuo.simulator import serving_folder  # noqa: PLC0415 (only rehearsals pay for the import)

    with serving_folder(Path(settings.store)) as url:
        yield url


def _run_name() -> str:
    """No two runs have the same: an attempt belongs to the run that its intent names."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
