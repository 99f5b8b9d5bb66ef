"""The simulator's own routes, beside the vendor's: its invoice, more faults, and who it is."""

import json
from collections.abc import Callable

from starlette.requests import Request

from hailuo.simulator.answers import AnswerError, HttpAnswer, ok, plain
from hailuo.simulator.charges import Invoice
from hailuo.simulator.connections import body_of
from hailuo.simulator.fault_plan import FaultDice, read_script

_GREETING = (
    "A simulator of ImaRouter's /v1/videos. Nothing here costs money, and nothing here is the vendor.\n"
)


class Console:
    """What a rehearsal asks the simulator about itself; no key is needed."""

    def __init__(self, invoice: Callable[[], Invoice], dice: FaultDice) -> None:
        self._invoice = invoice
        self._dice = dice

    async def greet(self, request: Request) -> HttpAnswer:
        del request
        return plain(200, _GREETING)

    async def invoice(self, request: Request) -> HttpAnswer:
        del request
        return ok(self._invoice().as_json())

    async def add_faults(self, request: Request) -> HttpAnswer:
        """`[{"fault": "html_502", "skip": 0, "times": 1, "model": null}, ...]`, added to the script."""
        try:
            lines = read_script(json.loads(await body_of(request)))
        except ValueError as error:
            raise AnswerError(plain(400, f"cannot read that script: {error}\n")) from error
        for line in lines:
            self._dice.add(line)
        return ok({"added": len(lines)})
