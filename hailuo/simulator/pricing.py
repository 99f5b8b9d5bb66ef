"""How the simulated vendor charges, and what it says about it. Prices may differ from those it lists."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

_LATE_SECONDS = 30.0
_LONG_TAIL = "000000000000000000000000000001"


class AmountStyle(StrEnum):
    """What a completed task says of its price in `amount_usd`."""

    CHARGED = "charged"  # the number of US dollars that was charged
    NOTHING = "nothing"  # no such field
    ZERO = "zero"
    NEGATIVE = "negative"
    HUGE = "huge"  # 5000
    CENTS = "cents"  # the number of cents, without a unit
    LONG = "long"  # text with more than thirty decimals
    TEXT = "text"  # "$0.28"
    CODE = "code"  # "0.28 USD"
    YUAN = "yuan"  # "2.00 CNY"
    NO_NUMBER = "no_number"  # "free"
    TWICE = "twice"  # the number at the first look after completion, twice as much at each later one
    LATE = "late"  # nothing for 30 s after completion, then the number


@dataclass(frozen=True, slots=True, kw_only=True)
class Pricing:
    """Charges `factor` times the listed price for every task after the first `from_task`.

    `amounts` is how the first `styled_tasks` tasks name their amounts (None: all of them); the others name what was
    charged. A failed task is refunded unless `refunds` is False, and says so unless `refund_shown` is False. Without `balance_shown` the balance's route is missing.
    """

    factor: Decimal = Decimal(1)
    from_task: int = 0
    amounts: AmountStyle = AmountStyle.CHARGED
    styled_tasks: int | None = None
    refunds: bool = True
    refund_shown: bool = True
    balance_shown: bool = True

    def price_usd(self, listed_usd: Decimal, *, number: int) -> Decimal:
        """What the task with this number, counted from 1, is charged."""
        return listed_usd * self.factor if number > self.from_task else listed_usd

    def shown_amount(self, charged_usd: Decimal, *, number: int, age_seconds: float, look: int) -> object:
        """The JSON value of `amount_usd` so long after completion, at this look from 1; None where there is none."""
        styled = self.styled_tasks is None or number <= self.styled_tasks
        shown: dict[AmountStyle, object] = {
            AmountStyle.CHARGED: float(charged_usd),
            AmountStyle.NOTHING: None,
            AmountStyle.ZERO: 0,
            AmountStyle.NEGATIVE: float(-charged_usd),
            AmountStyle.HUGE: 5000,
            AmountStyle.CENTS: float(charged_usd * 100),
            AmountStyle.LONG: f"{charged_usd}{_LONG_TAIL}",
            AmountStyle.TEXT: f"${charged_usd}",
            AmountStyle.CODE: f"{charged_usd} USD",
            AmountStyle.YUAN: f"{charged_usd * 7:.2f} CNY",
            AmountStyle.NO_NUMBER: "free",
            AmountStyle.TWICE: float(charged_usd * min(look, 2)),
            AmountStyle.LATE: float(charged_usd) if age_seconds >= _LATE_SECONDS else None,
        }
        return shown[self.amounts if styled else AmountStyle.CHARGED]
