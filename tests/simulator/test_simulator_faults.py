"""Every fault of the table does what its row says, and costs what its row says."""

from decimal import Decimal

import httpx
import pytest

from hailuo.simulator import FAULTS, FaultName, FaultPlan, ScriptedFault, Strikes, submit_faults
from hailuo.simulator.faults import ConnectionEnd, Failure

WORDS = {Failure.OBJECT: dict, Failure.STRING: str, Failure.ABSENT: type(None), Failure.IN_URL: type(None)}


def once(fault, **more):
    return FaultPlan(script=(ScriptedFault(fault=fault, **more),))


def striking(place):
    return [row for row in FAULTS.values() if row.strikes is place]


def outcome(ask, *args):
    """The answer, or the error that httpx raises where none came."""
    try:
        return ask(*args)
    except httpx.TransportError as error:
        return error


def named(row):
    return str(row.fault)


def test_every_fault_has_a_row_and_a_sentence():
    """A name without a row could be asked for, and would do nothing."""
    assert set(FAULTS) == set(FaultName)
    assert all(row.fault is fault and row.says for fault, row in FAULTS.items())


def test_the_submit_faults_fall_into_charged_and_not():
    """The tables that tests are driven by hold every submit fault once."""
    both = submit_faults(charged=True) + submit_faults(charged=False)

    assert {row.fault for row in both} == {row.fault for row in striking(Strikes.SUBMIT)}


@pytest.mark.parametrize("row", submit_faults(charged=False), ids=named)
def test_an_uncharged_submit_fault_makes_no_task(make_desk, row):
    """No task, no money; the next POST passes."""
    desk = make_desk(faults=once(row.fault))
    met = outcome(desk.post)
    after = desk.invoice()

    assert not isinstance(met, httpx.Response) or met.status_code == row.answer.status
    assert isinstance(met, httpx.Response) or row.ending is ConnectionEnd.CUT
    assert (after.lines, after.balance_usd) == ((), Decimal(1000))
    assert desk.post().status_code == 200


@pytest.mark.parametrize("row", submit_faults(charged=True), ids=named)
def test_a_charged_submit_fault_makes_a_task_that_renders(make_desk, row):
    """The price is taken and the task runs on, whatever the client's answer."""
    desk = make_desk(faults=once(row.fault))
    outcome(desk.post)
    desk.advance(3600)

    (line,) = desk.invoice().lines

    assert (line.price_usd, line.status) == (Decimal("0.28"), "completed")
    assert line.answered == (row.fault is FaultName.SLOW_SUBMIT)
    assert desk.status(line.task_id).json()["metadata"]["url"]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (FaultName.DROPPED, httpx.ReadError),
        (FaultName.CHARGED_THEN_DROPPED, httpx.ReadError),
        (FaultName.CHARGED_THEN_SILENCE, httpx.ReadTimeout),
    ],
)
def test_a_connection_without_an_answer_is_a_transport_error(make_desk, fault, error):
    """In-process as over a socket: httpx raises, nothing is answered."""
    with pytest.raises(error):
        make_desk(faults=once(fault)).post()


def test_a_slow_submit_answers_properly_after_90_seconds(make_desk):
    """Waited on the clock that was passed in, in simulated seconds."""
    desk = make_desk(faults=once(FaultName.SLOW_SUBMIT), speed=2)

    assert desk.post().json()["task_id"]
    assert desk.clock.seconds == 45


def test_an_illegal_order_is_refused_even_where_a_charge_was_to_follow(make_desk):
    """A charged fault strikes only what would have been accepted."""
    desk = make_desk(faults=FaultPlan(rates={FaultName.CHARGED_THEN_502: 1}))

    assert desk.post(prompt="").json()["code"] == "invalid_request"


FAILING = [r for r in striking(Strikes.TASK) if r.failure and r.failure is not Failure.WITH_URL]


@pytest.mark.parametrize("row", FAILING, ids=named)
def test_a_failed_task_tells_so_in_its_own_way(make_desk, row):
    """error as object, as text, missing, or hidden in metadata.url; always failed at 100, always refunded."""
    desk = make_desk(faults=once(row.fault))
    task_id = desk.order()
    desk.advance(3600)

    body = desk.status(task_id).json()

    assert (body["status"], body["progress"]) == ("failed", 100)
    assert type(body.get("error")) is WORDS[row.failure]
    assert body["metadata"]["url"] == (row.message if row.failure is Failure.IN_URL else "")
    assert desk.invoice().net_usd == 0


def test_a_failed_task_may_have_its_clip_and_keep_the_price(make_desk):
    """The answer says failed and names a URL; nothing is said of money, and nothing comes back."""
    desk = make_desk(faults=once(FaultName.FAILED_WITH_URL))
    task_id = desk.order()
    desk.advance(3600)

    body = desk.status(task_id).json()

    assert (body["status"], "amount_usd" in body) == ("failed", False)
    assert body["metadata"]["url"] == body["results"][0]["url"]
    assert desk.invoice().refunded_usd == 0


def test_a_moderated_task_says_1027(make_desk):
    """The code is in error.code."""
    desk = make_desk(faults=once(FaultName.FAILED_MODERATED_1027))
    task_id = desk.order()
    desk.advance(3600)

    assert desk.status(task_id).json()["error"]["code"] == "1027"


def test_the_product_pages_dialect_tells_failures_as_text(make_desk):
    """`throw taskState.error` is what its sample does."""
    desk = make_desk(faults=once(FaultName.FAILED_OBJECT), profile="seed")
    task_id = desk.order()
    desk.advance(3600)

    assert desk.status(task_id).json() == {"id": task_id, "status": "failed", "error": "unknown error"}


def test_a_stuck_task_stays_in_progress_for_ever(make_desk):
    """And keeps its price."""
    desk = make_desk(faults=once(FaultName.STUCK))
    task_id = desk.order()
    desk.advance(86_400)

    assert desk.status(task_id).json()["status"] == "in_progress"
    assert desk.invoice().net_usd == Decimal("0.28")


def test_a_late_url_comes_two_ticks_after_completed(make_desk):
    """completed without a URL, then with one."""
    desk = make_desk(faults=once(FaultName.URL_LATE))
    task_id = desk.order()
    while desk.status(task_id).json()["status"] != "completed":
        desk.advance(15)
    without = desk.status(task_id).json()
    desk.advance(30)

    assert (without["metadata"]["url"], "results" in without) == ("", False)
    assert desk.url(task_id)


@pytest.mark.parametrize("row", striking(Strikes.STATUS), ids=named)
def test_a_status_fault_strikes_once_and_changes_nothing(make_desk, row):
    """By rate 1 every task meets it at its first GET; the second one is fine."""
    desk = make_desk(faults=FaultPlan(rates={row.fault: 1}))
    task_id = desk.order()
    desk.advance(3600)
    met = outcome(desk.status, task_id)

    after = desk.status(task_id).json()

    assert isinstance(met, httpx.TransportError) == (row.ending in {ConnectionEnd.CUT, ConnectionEnd.SILENCE})
    assert isinstance(met, httpx.TransportError) or met.content != desk.status(task_id).content
    assert after["status"] == "completed"


@pytest.mark.parametrize("profile", ["imarouter", "newapi", "enveloped", "seed"])
def test_an_unknown_word_is_spoken_in_every_dialect(make_desk, profile):
    """The rest of the body is as ever."""
    desk = make_desk(faults=once(FaultName.STATUS_UNKNOWN_WORD), profile=profile)
    body = desk.status(desk.order()).json()

    assert body.get("data", body)["status"] == "reticulating"


@pytest.mark.slow
@pytest.mark.parametrize("row", striking(Strikes.DOWNLOAD), ids=named)
def test_a_download_fault_strikes_once_and_a_fresh_link_is_good(make_desk, row):
    """The whole clip comes at the second try, from the URL of another GET."""
    desk = make_desk(faults=FaultPlan(rates={row.fault: 1}))
    task_id = desk.order()
    desk.advance(3600)
    met = outcome(desk.fetch, desk.url(task_id))

    whole = desk.fetch(desk.url(task_id))

    assert isinstance(met, httpx.TransportError) or (met.status_code, met.content) != (200, whole.content)
    assert (whole.status_code, whole.content[4:8]) == (200, b"ftyp")


@pytest.mark.slow
def test_a_truncated_download_promises_more_than_it_gives(make_desk):
    """Content-Length is the clip's, the bytes are half of it."""
    met = (desk := make_desk(faults=once(FaultName.DOWNLOAD_TRUNCATED))).fetch(desk.finished())

    assert int(met.headers["Content-Length"]) // 2 == len(met.content)


def test_half_a_clip_looks_whole_by_its_length(make_desk):
    """Only its content, or its size in the task's status, shows it."""
    desk = make_desk(faults=once(FaultName.DOWNLOAD_HALF))
    task_id = desk.order()
    desk.advance(3600)
    met = desk.fetch(desk.url(task_id))

    size = desk.status(task_id).json()["results"][0]["size"]

    assert int(met.headers["Content-Length"]) == len(met.content) == size // 2


def test_a_dropped_download_breaks_off_amid_the_body(make_desk):
    """Status and first bytes come, then the connection ends."""
    desk = make_desk(faults=once(FaultName.DOWNLOAD_DROPPED))

    with pytest.raises(httpx.ReadError):
        desk.fetch(desk.finished())


def test_an_expired_link_is_replaced_by_the_next_get(make_desk):
    """403 for good on the old link."""
    desk = make_desk(faults=once(FaultName.URL_EXPIRED))
    task_id = desk.order()
    desk.advance(3600)
    old = desk.url(task_id)

    assert [desk.fetch(old).status_code for _ in range(2)] == [403, 403]
    assert desk.fetch(desk.url(task_id)).status_code == 200


# -- when faults strike ---------------------------------------------------------------------------


def test_the_nth_submit_can_be_chosen(make_desk):
    """skip=2, times=2: the third and the fourth."""
    desk = make_desk(faults=once(FaultName.HTML_502, skip=2, times=2))

    assert [desk.post().status_code for _ in range(5)] == [200, 200, 502, 502, 200]


def test_a_script_can_be_about_one_model(make_desk):
    """Submits of other models neither meet it nor count."""
    desk = make_desk(faults=once(FaultName.HTML_502, skip=1, model="MiniMax-Hailuo-2.3"))
    models = ["MiniMax-Hailuo-02", "MiniMax-Hailuo-2.3", "MiniMax-Hailuo-02", "MiniMax-Hailuo-2.3"]

    assert [desk.post(model=model).status_code for model in models] == [200, 200, 200, 502]


def test_the_same_seed_strikes_the_same_orders_in_any_order(make_desk):
    """The dice fall by the body, not by the order in which requests arrive."""

    def struck(*prompts):
        desk = make_desk(faults=FaultPlan(rates={FaultName.HTML_502: 0.5}), seed=3)
        return {prompt: desk.post(prompt=prompt).status_code for prompt in prompts}

    prompts = [f"A shoe {number}" for number in range(20)]

    assert struck(*prompts) == struck(*reversed(prompts))
    assert set(struck(*prompts).values()) == {200, 502}


@pytest.mark.slow
def test_a_rate_is_the_share_of_submits_struck(make_desk):
    """0.25 of 400, give or take chance."""
    desk = make_desk(faults=FaultPlan(rates={FaultName.HTML_502: 0.25}))
    struck = sum(desk.post(prompt=f"A shoe {number}").status_code == 502 for number in range(400))

    assert 75 <= struck <= 125


def test_faults_can_be_scripted_while_it_runs(desk):
    """POST /_sim/faults adds to the script; its occasions count from then on."""
    desk.order()
    added = desk.ask("POST", "/_sim/faults", json=[{"fault": "html_502", "skip": 1}])

    assert added.json() == {"added": 1}
    assert [desk.post().status_code for _ in range(3)] == [200, 502, 200]


@pytest.mark.parametrize(
    "script",
    [b"{", b"[1]", b'[{"fault": "nothing"}]', b'[{"skip": 1}]', b'[{"fault": "stuck", "skip": "1"}]'],
)
def test_a_script_that_cannot_be_read_is_refused(desk, script):
    """400, and nothing is added."""
    assert desk.ask("POST", "/_sim/faults", content=script).status_code == 400


def test_a_plan_is_read_from_the_command_line():
    """NAME=RATE, separated by commas; a name alone means always."""
    plan = FaultPlan.parse(" charged_then_dropped=0.1, rate_limit_1002=0.2,stuck")

    assert plan == FaultPlan(
        rates={FaultName.CHARGED_THEN_DROPPED: 0.1, FaultName.RATE_LIMIT_1002: 0.2, FaultName.STUCK: 1.0}
    )
    assert FaultPlan.parse("") == FaultPlan()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("rate_limit_1003=0.1", "unknown fault 'rate_limit_1003'; did you mean rate_limit_1002"),
        ("zzzz", "unknown fault 'zzzz'; did you mean invalid_request"),
        ("html_502=often", "html_502=often: the rate must be a number between 0 and 1"),
        ("html_502=1.5", "html_502: the rate must lie between 0 and 1, not 1.5"),
        ("html_502=nan", "html_502: the rate must lie between 0 and 1, not nan"),
        ("html_502=0.6,html_504=0.6", "the rates of all submit faults add up to 1.2; at most 1 is possible"),
    ],
)
def test_a_plan_that_cannot_be_read_says_why(text, says):
    """With the nearest known names."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the text is the claim)
        FaultPlan.parse(text)

    assert str(caught.value).startswith(says)


@pytest.mark.parametrize("numbers", [{"skip": -1}, {"times": 0}])
def test_a_script_without_sense_is_refused(numbers):
    """skip from 0, times from 1."""
    with pytest.raises(ValueError, match="skip must be 0 or more"):
        ScriptedFault(fault=FaultName.STUCK, **numbers)
