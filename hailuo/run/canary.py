"""Canaries: the first job of each model goes alone, and when the first few all fail for one cause, nobody follows."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field

FAILURES_TO_STOP = 3


@dataclass(slots=True)
class _Model:
    """What is known of one model in this run."""

    proven: bool = False
    canary_out: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    failures: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


class Canaries:
    """Holds the jobs of a model back until one of them came through."""

    def __init__(self) -> None:
        self._models: defaultdict[str, _Model] = defaultdict(_Model)

    async def turn(self, model: str) -> bool:
        """Wait until the model is proven (False), or it is this job's turn to go alone (True).

        A canary's turn ends with `prove`, `fail` or `pass_on`.
        """
        known = self._models[model]
        while not known.proven and known.canary_out:
            await known.changed.wait()
        known.canary_out = known.canary_out or not known.proven
        return not known.proven

    def prove(self, model: str) -> None:
        """The model works, as a stored clip (or a render that is only slow) has shown: everybody may go."""
        self._models[model].proven = True
        self._wake(model)

    def fail(self, model: str, *, cause: str, witness: str) -> bool:
        """This canary failed. True when enough different witnesses failed for this one cause.

        `witness` is what the failure speaks against: a prompt refused by moderation speaks for
        itself only once, however many takes of it there are.
        """
        failures = self._models[model].failures[cause]
        failures.add(witness)
        self.pass_on(model)
        return len(failures) >= FAILURES_TO_STOP

    def pass_on(self, model: str) -> None:
        """This canary's turn is over without a verdict; the next one may go."""
        self._models[model].canary_out = False
        self._wake(model)

    def _wake(self, model: str) -> None:
        known = self._models[model]
        known.changed.set()
        known.changed = asyncio.Event()
