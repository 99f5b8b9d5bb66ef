"""Galleries of a folder store beside Prefect's UI: what is served, what is not, and the links that lead there."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from hailuo.clock import SystemClock
from hailuo.errors import SettingsError
from hailuo.publish.serving import serving
from hailuo.publish.share import link_to_page
from hailuo.settings import Settings, load_settings
from hailuo.store.open import open_store

pytestmark = [pytest.mark.slow, pytest.mark.enable_socket]  # a real server


@pytest.fixture
def store(tmp_path):
    """A page and a clip, and the records of the money beside them."""
    for key in (
        "spring/main/gallery.html",
        "spring/main/clips/7KQ2M9X4TD.mp4",
        "spring/main/ledger/v1/7KQ2M9X4TD/a001/intent",
        "money/v1/grant",
        "tasks/v1/claim",
    ):
        path = tmp_path / key
        path.parent.mkdir(parents=True)
        path.write_text(key)
    return tmp_path


def status(url, **more):
    return httpx.get(url, trust_env=False, **more).status_code


@pytest.mark.parametrize(
    ("key", "is_served"),
    [
        ("spring/main/gallery.html", True),
        ("spring/main/clips/7KQ2M9X4TD.mp4", True),
        ("spring/main/ledger/v1/7KQ2M9X4TD/a001/intent", False),
        ("spring/main/../main/ledger/v1/7KQ2M9X4TD/a001/intent", False),
        ("spring//main/%6Cedger/v1/7KQ2M9X4TD/a001/intent", False),
        ("money/v1/grant", False),
        ("tasks/v1/claim", False),
        ("", False),
    ],
)
def test_pages_and_clips_are_served_and_records_of_money_are_not(store, key, is_served):
    """Whatever way the address is written."""
    with serving(store) as url:
        assert (status(f"{url}/{key}") == 200) is is_served


def test_only_the_names_that_are_given_are_answered(store):
    """A page of the web that points a name of its own at this machine reads nothing."""
    with serving(store, names=["galleries.example.com"]) as url:
        page = f"{url}/spring/main/gallery.html"

        assert status(page, headers={"Host": "galleries.example.com"}) == 200
        assert status(page, headers={"Host": "evil.example.com"}) == 400


def test_a_link_to_a_page_leads_where_the_folder_is_served(store):
    """With HAILUO_PAGES_URL it is an address that opens; else a path."""

    def link(settings):
        made = link_to_page(
            "spring/main/gallery.html",
            open_store(settings),
            SystemClock(),
            valid_for=timedelta(days=3),
        )
        return asyncio.run(made)

    with serving(store) as url:
        served = link(Settings(store=str(store), pages_url=f"{url}/"))

        assert status(served.address) == 200
    assert (served.is_url, served.until) == (True, None)
    assert link(Settings(store=str(store))).is_url is False


def test_an_address_that_is_none_is_refused(monkeypatch):
    """With the variable's name."""
    monkeypatch.setenv("HAILUO_PAGES_URL", "localhost:4300")

    with pytest.raises(SettingsError, match="HAILUO_PAGES_URL"):
        load_settings()
