"""First looks wait for whoever does not answer, and for nothing else."""

import httpx
import pytest
from pydantic import SecretStr

from hailuo.errors import (
    AdmissionError,
    CampaignError,
    Place,
    Problem,
    SettingsError,
    StoreFullError,
    StoreUnavailableError,
)
from hailuo.plan.prepare import CampaignRequest, prepare
from hailuo.run.events import EventKind
from hailuo.run.first_look import Patience
from hailuo.run.session import open_session
from hailuo.run.tools import Connections
from hailuo.settings import Settings
from hailuo.store import FolderStore
from hailuo.store.open import nothing_bought_without_store
from hailuo.testing import VirtualClock
from hailuo.vendor import VideoClient

AWAY = Problem(Place("vendor"), "does not answer", "wait", is_passing=True)
WRONG = Problem(Place("file"), "is wrong", "correct it")


class Looks:
    """A look that fails with these errors, one after the other, and then sees `42`."""

    def __init__(self, *errors: Exception) -> None:
        self._errors = list(errors)
        self.number = 0

    async def __call__(self) -> int:
        self.number += 1
        if self._errors:
            raise self._errors.pop(0)
        return 42


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


def looking(clock: VirtualClock, look: Looks, *, minutes: float = 45) -> tuple[int, list[str]]:
    """What is seen, and what was said meanwhile."""
    said: list[str] = []

    def observe(event: object) -> None:
        assert getattr(event, "kind", None) is EventKind.SLOWED
        said.append(str(getattr(event, "text", "")))

    first_looks = Patience(settings=Settings(wait_minutes=minutes), clock=clock, observe=observe)
    return clock.run(first_looks.until_answered(look)), said


@pytest.mark.parametrize(
    "error",
    [StoreUnavailableError("away"), AdmissionError([AWAY]), AdmissionError([AWAY, AWAY])],
    ids=["store", "vendor", "both"],
)
def test_a_look_that_is_not_answered_is_repeated_and_each_wait_is_said(clock, error):
    """After 15 s, 30 s, then every minute."""
    seen, said = looking(clock, Looks(*[error] * 4))

    assert (seen, clock.seconds) == (42, 15 + 30 + 60 + 60)
    assert len(said) == 4
    assert "asked again in 15 s, for 45 min more at most" in said[0]


@pytest.mark.parametrize(
    "error",
    [
        StoreFullError("full"),
        AdmissionError([WRONG]),
        AdmissionError([AWAY, WRONG]),
        CampaignError([WRONG]),
        SettingsError([WRONG]),
        ValueError("a defect"),
    ],
    ids=["full store", "refused", "one of two", "campaign", "settings", "defect"],
)
def test_what_waiting_does_not_help_ends_the_look_at_once(clock, error):
    """A mistake is not better in an hour."""
    look = Looks(error)

    with pytest.raises(type(error)) as raised:
        looking(clock, look)

    assert (look.number, clock.seconds) == (1, 0)
    assert raised.value is error


@pytest.mark.parametrize("minutes", [0, 1, 45, 60])
def test_the_wait_ends_after_the_minutes_of_the_setting(clock, minutes):
    """With the last error, and a note of how long it was waited for."""
    look = Looks(*[StoreUnavailableError("away") for _ in range(99)])

    with pytest.raises(StoreUnavailableError) as raised:
        looking(clock, look, minutes=minutes)

    assert clock.seconds == minutes * 60
    assert ("HAILUO_WAIT_MINUTES" in str(getattr(raised.value, "__notes__", ""))) is (minutes > 0)


@pytest.mark.parametrize(("error", "passes"), [(StoreUnavailableError, True), (StoreFullError, False)])
def test_a_refusal_for_want_of_a_store_says_whether_it_may_pass(error, passes):
    """Admission turns store errors into refusals."""
    with pytest.raises(AdmissionError) as refused, nothing_bought_without_store():
        raise error("no")

    assert refused.value.is_passing is passes


CAMPAIGN = """\
campaign: shoe
matrix: {prompt: [Shoe on stone], model: [MiniMax-Hailuo-02], duration: [6], size: [768p]}
budget: {usd: 5}
"""


@pytest.mark.parametrize(
    ("answer", "passes"),
    [
        (httpx.Response(503), True),
        (httpx.Response(500, text="<html>"), True),
        (httpx.Response(502, json={"error": {"message": "bad gateway"}}), True),
        (httpx.Response(429), True),
        (httpx.Response(429, headers={"Retry-After": "5"}, json={"code": "1002"}), True),
        (httpx.ConnectError("no network"), True),
        (httpx.ConnectTimeout("no network"), True),
        (httpx.ReadTimeout("slow"), True),
        (httpx.ReadError("reset"), True),
        (httpx.Response(401, json={"error": {"message": "invalid key"}}), False),
    ],
    ids=lambda value: repr(value)[:60],
)
def test_admission_says_whether_the_vendors_answer_may_pass(tmp_path, clock, answer, passes):
    """The balance's GET: what somebody else's trouble is waits; a refused key or an empty account does not."""

    def vendor(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, httpx.Response):
            return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)
        raise answer

    async def admit() -> None:
        settings = Settings(api_key=SecretStr("sk-test"), store=str(tmp_path / "store"), checks="off")
        prepared = prepare(
            CampaignRequest(path=tmp_path / "shoe.yaml", at=clock.now(), text=CAMPAIGN), settings
        )
        async with VideoClient(
            base_url="http://127.0.0.1:9", key=SecretStr("sk-test"), transport=httpx.MockTransport(vendor)
        ) as client:
            connections = Connections(store=FolderStore(tmp_path / "store"), client=client)
            async with open_session(prepared, settings, clock=clock, connections=connections) as session:
                await session.admit(await session.plan())

    with pytest.raises(AdmissionError) as refused:
        clock.run(admit())

    assert refused.value.is_passing is passes, str(refused.value)
