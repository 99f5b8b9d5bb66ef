"""Where clips and money go is never a surprise: the store in full, a new one, a rehearsal's own."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hailuo.campaign.files import load_catalog
from hailuo.errors import AdmissionError, ExitCode
from hailuo.run.environment import RunEnvironment, within
from hailuo.run.store_place import StorePlace
from hailuo.settings import Settings
from hailuo.simulator import SimulatorOptions, simulating
from tests.support.commands import Command

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def another() -> Iterator[str]:
    """The address of a second vendor, as test and production are."""
    with simulating(SimulatorOptions(catalog=load_catalog())) as base_url:
        yield base_url


def test_every_command_names_the_store_in_full(
    hailuo: Command, rehearsal: RunEnvironment, campaign: Path, tmp_path: Path
) -> None:
    """And says that it is new, until something was bought."""
    before = hailuo("plan", campaign)
    hailuo("run", campaign, "--yes")
    after = hailuo("status", campaign)
    machine = json.loads(hailuo("plan", campaign, "--json").out)["store"]

    assert f"store {tmp_path / 'store'} (new: nothing was bought here yet)" in before.out
    assert f"store {tmp_path / 'store'}\n" in after.out
    assert machine == {
        "uri": str(tmp_path / "store"),
        "vendor": rehearsal.settings.base_url,
        "is_new": False,
        "is_simulated": True,
    }


def test_what_a_simulator_made_is_marked_wherever_it_is_shown(
    hailuo: Command, rehearsal: RunEnvironment, campaign: Path, tmp_path: Path
) -> None:
    """Its vendor is an address of this machine; a store without a vendor, or with another one, has no mark."""
    before = hailuo("ls")
    hailuo("run", campaign, "--yes")
    vendor = tmp_path / "store/tasks/vendor.json"
    shown = [hailuo(command, campaign).out for command in ("plan", "status", "money")]
    listed, edition = hailuo("ls").out, tmp_path / "store/small/main"
    page, row = (edition / "gallery.html").read_text(), (edition / "manifest/manifest.jsonl").read_text()

    assert "SIMULATED" not in before.out
    assert all("SIMULATED" in text for text in (*shown, listed, page))
    assert "Spent (simulated)" in page
    assert '"provider":"simulator"' in row
    assert '"provider":"imarouter"' not in row

    vendor.write_text(vendor.read_text().replace(rehearsal.settings.base_url, "https://api.imarouter.com"))
    hailuo("manifest", campaign)

    assert not any("SIMULATED" in text for text in (hailuo("ls").out, hailuo("money", campaign).out))
    assert "SIMULATED" not in (edition / "gallery.html").read_text()
    assert '"provider":"imarouter"' in (edition / "manifest/manifest.jsonl").read_text()


@pytest.mark.parametrize("command", ["plan", "status", "validate"])
def test_reading_creates_nothing(
    hailuo: Command, rehearsal: RunEnvironment, campaign: Path, tmp_path: Path, command: str
) -> None:
    """Not even the folder of a store that is not there yet."""
    hailuo(command, campaign)

    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("command", ["run", "plan"])
def test_what_a_rehearsal_made_never_counts_for_another_vendor(
    hailuo: Command, rehearsal: RunEnvironment, another: str, campaign: Path, command: str
) -> None:
    """Neither its clips nor its money: refused with the two addresses and the remedy."""
    assert hailuo("run", campaign, "--yes").code == ExitCode.COMPLETE
    elsewhere = {"base_url": another}
    mixed = replace(rehearsal, settings=rehearsal.settings.model_copy(update=elsewhere))

    with within(mixed):
        said = hailuo(command, campaign, *(["--yes"] if command == "run" else []))

    assert said.code == ExitCode.REFUSED
    text = said.err if command == "run" else said.out
    assert f"what {rehearsal.settings.store} holds was bought at {rehearsal.settings.base_url}" in text
    assert "name another store" in text
    assert "nothing was bought" not in said.out


def test_a_vendor_may_move(hailuo: Command, rehearsal: RunEnvironment, another: str, campaign: Path) -> None:
    """HAILUO_VENDOR says that the new address is of the same vendor."""
    hailuo("run", campaign, "--yes")
    moved = {"base_url": another, "vendor": rehearsal.settings.base_url}

    with within(replace(rehearsal, settings=rehearsal.settings.model_copy(update=moved))):
        said = hailuo("run", campaign, "--yes")

    assert said.code == ExitCode.COMPLETE
    assert "nothing was bought" in said.out


def test_two_vendors_in_an_edition_of_an_earlier_version_are_refused(
    hailuo: Command, rehearsal: RunEnvironment, another: str, campaign: Path, tmp_path: Path
) -> None:
    """Its store has no record of the vendor, but its attempts name the address; of finished jobs too."""
    hailuo("run", campaign, "--yes")
    (tmp_path / "store" / "tasks" / "vendor.json").unlink()
    elsewhere = {"base_url": another}

    with within(replace(rehearsal, settings=rehearsal.settings.model_copy(update=elsewhere))):
        said = hailuo("run", campaign, "--yes")

    assert said.code == ExitCode.REFUSED
    assert "was bought at" in said.err


def test_a_new_store_that_was_not_named_needs_a_word(
    hailuo: Command,
    rehearsal: RunEnvironment,
    campaign: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same command in another folder would buy everything again: refused, with the store that is above."""
    monkeypatch.chdir(tmp_path)
    unnamed = rehearsal.settings.model_dump(exclude={"store"}, exclude_unset=True)
    by_default = replace(rehearsal, settings=Settings(**unnamed))
    assert by_default.settings.store == "./store"
    (tmp_path / "campaigns").mkdir()

    with within(by_default):
        unasked = hailuo("run", campaign, "--yes")
        first = hailuo("run", campaign, "--yes", "--new-store")
        again = hailuo("run", campaign, "--yes")
        monkeypatch.chdir(tmp_path / "campaigns")
        elsewhere = hailuo("run", campaign, "--yes")

    assert [said.code for said in (unasked, first, again, elsewhere)] == [2, 0, 0, 2]
    assert "pass --new-store" in unasked.err
    assert f"such as {tmp_path / 'store'}" in elsewhere.err
    assert not (tmp_path / "campaigns" / "store").exists()


@pytest.mark.parametrize("command", ["run --yes", "run --plan", "nightly --yes"])
def test_a_slip_in_the_name_of_the_store_buys_nothing(
    hailuo: Command, rehearsal: RunEnvironment, campaign: Path, tmp_path: Path, command: str
) -> None:
    """A named store that is new needs a word where no question is asked; the vendor is not asked and nothing is created."""
    marked = campaign.read_text(encoding="utf-8") + "nightly: true\n"
    campaign.write_text(marked, encoding="utf-8")
    slip = tmp_path / "shop" / "stor"
    fields = {"base_url": "https://vendor.invalid", "store": str(slip), "campaigns": campaign.parent}
    real = replace(rehearsal, settings=rehearsal.settings.model_copy(update=fields))

    with within(real):
        digest = json.loads(hailuo("plan", campaign, "--json").out)["digest"]
        name, word = command.split()
        file = [campaign] if name == "run" else []
        said = hailuo(name, *file, word, *([digest] if word == "--plan" else []))

    assert said.code == ExitCode.REFUSED
    assert f"{slip} would be a new store" in said.err
    assert "pass --new-store" in said.err
    assert not slip.exists()


@pytest.mark.parametrize("is_new", [True, False])
@pytest.mark.parametrize("is_default", [True, False])
@pytest.mark.parametrize("is_simulated", [True, False])
def test_what_begins_a_store_without_a_word(*, is_new: bool, is_default: bool, is_simulated: bool) -> None:
    """A store that has something, or that was named for a simulator: its clips cost nothing."""
    place = StorePlace(
        uri="/ads/store",
        vendor="https://vendor.invalid",
        is_new=is_new,
        is_default=is_default,
        is_simulated=is_simulated,
    )
    try:
        place.require_known()
        begins = True
    except AdmissionError:
        begins = False

    assert begins is (not is_new or (is_simulated and not is_default))
