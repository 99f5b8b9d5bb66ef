"""Which faults happen, and when: by rate or by script."""

import difflib
import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import inf

from hailuo.simulator.faults import FAULTS, FaultName, FaultRow, Strikes


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedFault:
    """A fault that happens `times` times, after `skip` occasions without it.

    An occasion is a POST, an accepted task, a GET or a download, as the fault's row says; with
    `model` only those of that model count. "The third submit" is `skip=2`. With `since` and `until`, only those between
    these simulated seconds count: a model that is down for an hour.
    """

    fault: FaultName
    skip: int = 0
    times: int = 1
    model: str | None = None
    since: float = 0.0
    until: float = inf

    def __post_init__(self) -> None:
        if self.skip < 0 or self.times < 1 or not 0 <= self.since < self.until:
            raise ValueError(f"{self.fault}: skip must be 0 or more, times 1 or more, and since before until")


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultPlan:
    """Faults by chance (0 to 1 per occasion) and by script. The script goes first.

    Raises ValueError for a rate outside 0..1, or rates of one place that add up to more than 1.
    """

    rates: Mapping[FaultName, float] = field(default_factory=dict)
    script: tuple[ScriptedFault, ...] = ()

    def __post_init__(self) -> None:
        for fault, rate in self.rates.items():
            if not 0 <= rate <= 1:
                raise ValueError(f"{fault}: the rate must lie between 0 and 1, not {rate}")
        for place in Strikes:
            total = sum(rate for fault, rate in self.rates.items() if FAULTS[fault].strikes is place)
            if total > 1 + 1e-9:
                raise ValueError(
                    f"the rates of all {place} faults add up to {total:g}; at most 1 is possible"
                )

    @classmethod
    def parse(cls, text: str) -> "FaultPlan":
        """Read `"charged_then_dropped=0.1,rate_limit_1002=0.2"`. A name alone means a rate of 1.

        Raises ValueError naming the part that cannot be read and the nearest known name.
        """
        parts = [part.strip() for part in text.split(",") if part.strip()]
        return cls(rates=dict(_parse_rate(part) for part in parts))


def _parse_rate(part: str) -> tuple[FaultName, float]:
    name, given, rate = part.partition("=")
    fault = fault_named(name.strip())
    try:
        return fault, float(rate) if given else 1.0
    except ValueError:
        raise ValueError(f"{part}: the rate must be a number between 0 and 1, as in {fault}=0.1") from None


def fault_named(name: str) -> FaultName:
    """The fault with this name. Raises ValueError naming the nearest known ones."""
    try:
        return FaultName(name)
    except ValueError:
        near = difflib.get_close_matches(name, list(FaultName), n=3, cutoff=0.4) or list(FaultName)
        raise ValueError(f"unknown fault {name!r}; did you mean {', '.join(near)}?") from None


def read_script(lines: object) -> tuple[ScriptedFault, ...]:
    """The script in a JSON value: a list of `{"fault": name, "skip": 0, "times": 1, "model": null}`.

    Raises ValueError naming what cannot be read.
    """
    if not isinstance(lines, list):
        raise ValueError("a script is a list of faults")  # noqa: TRY004 (input, not code)
    return tuple(_read_line(line) for line in lines)


def _read_line(line: object) -> ScriptedFault:
    if not isinstance(line, dict) or "fault" not in line:
        raise ValueError(f"{line}: a line of script is an object that names a fault")
    skip, times, model = line.get("skip", 0), line.get("times", 1), line.get("model")
    if not isinstance(skip, int) or not isinstance(times, int) or not isinstance(model, str | None):
        raise ValueError(f"{line}: skip and times are numbers, model is a name or null")  # noqa: TRY004 (input, not code)
    return ScriptedFault(fault=fault_named(str(line["fault"])), skip=skip, times=times, model=model)


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """A request or task that a fault may happen to.

    `key` decides the dice, so that the order in which requests arrive does not. With `once` the
    same fault strikes that key only once by chance (the key then names a task).
    """

    place: Strikes
    key: str
    model: str
    once: bool = False


class FaultDice:
    """Decides which fault happens on each occasion. The same seed and requests give the same faults.

    `seconds` are the simulated seconds since the start.
    """

    def __init__(self, plan: FaultPlan, *, seed: int, seconds: Callable[[], float]) -> None:
        self._seed = seed
        self._seconds = seconds
        self._rates = dict(plan.rates)
        self._script: list[ScriptedFault] = list(plan.script)
        self._passed: Counter[int] = Counter()
        self._rolls: Counter[str] = Counter()
        self._struck: set[tuple[str, FaultName]] = set()

    def add(self, line: ScriptedFault) -> None:
        """Add a line to the script. Its occasions count from now on."""
        self._script.append(line)

    def strike(self, occasion: Occasion) -> FaultRow | None:
        """The fault of this occasion, or None."""
        scripted = [row for n, line in enumerate(self._script) if (row := self._line(n, line, occasion))]
        return scripted[0] if scripted else self._by_chance(occasion)

    def _line(self, number: int, line: ScriptedFault, occasion: Occasion) -> FaultRow | None:
        row = FAULTS[line.fault]
        if row.strikes is not occasion.place or line.model not in (None, occasion.model):
            return None
        if not line.since <= self._seconds() < line.until:
            return None
        passed = self._passed[number]
        self._passed[number] += 1
        return row if line.skip <= passed < line.skip + line.times else None

    def _by_chance(self, occasion: Occasion) -> FaultRow | None:
        here = [(f, rate) for f, rate in sorted(self._rates.items()) if FAULTS[f].strikes is occasion.place]
        if not here:
            return None
        key = f"{occasion.place}:{occasion.key}"
        self._rolls[key] += 1
        roll = random.Random(f"{self._seed}:{key}:{self._rolls[key]}").random()  # noqa: S311 (dice)
        for fault, rate in here:
            if roll < rate:
                if (occasion.key, fault) in self._struck:
                    return None
                if occasion.once:
                    self._struck.add((occasion.key, fault))
                return FAULTS[fault]
            roll -= rate
        return None
