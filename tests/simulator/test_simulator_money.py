"""Charges and refunds: charged at acceptance, refunded at failure, to the cent."""

from decimal import Decimal

import pytest

from hailuo.simulator import Call, FaultName, FaultPlan, ScriptedFault


def balance(desk):
    return desk.ask("GET", "/api/usage/token/user-balance").json()


def test_the_full_price_is_taken_when_an_order_is_accepted(make_desk):
    """The balance drops at once by the list price of the cell."""
    desk = make_desk(balance_usd=Decimal(10))
    desk.order(size="512p")

    body = balance(desk)

    assert (body["success"], body["data"]["object"]) == (True, "user_balance")
    assert (body["data"]["balance_usd"], body["data"]["used_amount_usd"]) == (9.9, 0.1)


def test_an_order_that_the_balance_does_not_cover_is_refused(make_desk):
    """403 insufficient_user_quota, flat; a cheaper one still passes."""
    desk = make_desk(balance_usd=Decimal("0.40"))
    desk.order()

    refused = desk.post()

    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_user_quota")
    assert desk.post(size="512p").status_code == 200


def test_a_failure_is_refunded_in_full_at_the_tick_it_shows(make_desk):
    """While the task runs the price is held; when it is seen failed it is back."""
    failing = FaultPlan(script=(ScriptedFault(fault=FaultName.FAILED_OBJECT),))
    desk = make_desk(faults=failing, balance_usd=Decimal(1))
    task_id = desk.order()
    held = desk.invoice().balance_usd
    while desk.status(task_id).json()["status"] != "failed":
        assert desk.invoice().refunded_usd == 0
        desk.advance(15)

    assert held == Decimal("0.72")
    assert desk.invoice().balance_usd == Decimal(1)
    assert (desk.invoice().refunded_usd, desk.invoice().net_usd) == (Decimal("0.28"), 0)


def test_a_refund_can_be_spent_again(make_desk):
    """The balance that covers one clip covers the next one after the first has failed."""
    failing = FaultPlan(script=(ScriptedFault(fault=FaultName.FAILED_OBJECT),))
    desk = make_desk(faults=failing, balance_usd=Decimal("0.28"))
    desk.order()
    desk.advance(3600)

    assert desk.post().status_code == 200


def test_the_invoice_adds_up(make_desk):
    """Charged - refunded = net = what the balance lost, and every accepted POST is a line."""
    desk = make_desk(faults=FaultPlan(rates={FaultName.FAILED_STRING: 0.5}), balance_usd=Decimal(100))
    for number in range(20):
        desk.order(prompt=f"A shoe {number}", size=("512p", "768p")[number % 2])
    desk.advance(86_400)

    invoice = desk.invoice()

    assert len(invoice.lines) == 20
    assert invoice.charged_usd == Decimal("3.80")
    assert {line.status for line in invoice.lines} == {"completed", "failed"}
    assert invoice.refunded_usd == sum(line.price_usd for line in invoice.lines if line.status == "failed")
    assert invoice.charged_usd - invoice.refunded_usd == invoice.net_usd == 100 - invoice.balance_usd


def test_the_invoice_groups_what_was_ordered_twice(desk):
    """Equal bodies are duplicates, whether takes or a double payment: the test must know which."""
    twice = [desk.order(), desk.order()]
    desk.order(prompt="Another shoe")

    assert list(desk.invoice().duplicates.values()) == [tuple(twice)]


@pytest.mark.slow
def test_the_invoice_counts_every_question(desk):
    """POSTs that were refused, GETs and downloads alike."""
    desk.post(prompt="")
    url = desk.finished()
    desk.fetch(url)
    desk.ask("GET", url)
    balance(desk)

    assert desk.invoice().calls == {
        Call.SUBMITS: 2,
        Call.STATUSES: 1,
        Call.DOWNLOADS: 2,
        Call.DOWNLOADS_WITH_KEY: 1,
        Call.BALANCES: 1,
    }


def test_the_invoice_is_served_without_losing_a_cent(desk):
    """GET /_sim/invoice: money as text, a line per accepted POST."""
    task_id = desk.order()

    body = desk.ask("GET", "/_sim/invoice", key=None).json()

    assert (body["accepted"], body["charged_usd"], body["balance_usd"]) == (1, "0.28", "999.72")
    assert body["calls"]["submits"] == 1
    assert body["lines"][0].items() >= {"task_id": task_id, "price_usd": "0.28", "answered": True}.items()


@pytest.mark.parametrize("profile", ["newapi", "seed"])
def test_prices_are_charged_in_every_dialect(make_desk, profile):
    """Dialects that show no amount charge all the same."""
    desk = make_desk(profile=profile)
    desk.order()

    assert desk.invoice().charged_usd == Decimal("0.28")
