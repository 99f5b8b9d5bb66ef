"""A plan is let in whole or not at all: every reason is told before anything is bought."""

from decimal import Decimal

import pytest
from PIL import Image
from pydantic import SecretStr

from hailuo.settings import Settings

pytestmark = pytest.mark.enable_socket

FRAMED = """\
campaign: framed
defaults: {size: 768p, duration: 6}
matrix:
  model: [MiniMax-Hailuo-2.3-Fast]
  first_frame: [hero.png]
  prompt:
    - {id: stone, text: Perfume bottle on black stone}
budget: {usd: 5}
"""


@pytest.fixture
def framed(tmp_path):
    """One job that starts from a local picture."""
    Image.new("RGB", (768, 1366), (90, 60, 30)).save(tmp_path / "hero.png")
    path = tmp_path / "framed.yaml"
    path.write_text(FRAMED)
    return path


class TestABalanceThatDoesNotCoverThePlan:
    """One dollar for $1.12."""

    @pytest.fixture
    def vendor(self):
        return {"balance_usd": Decimal("1.00")}

    def test_nothing_is_bought(self, hailuo, rehearsal, campaign):
        """Not the three clips that it would cover either."""
        said = hailuo("run", campaign, "--yes")

        assert said.code == 2
        assert "balance is $1.00" in said.err
        assert "4 to buy" in hailuo("plan", campaign).out


class TestAKeyThatTheVendorRefuses:
    """Known before the first submit."""

    @pytest.fixture
    def vendor(self):
        return {"keys": frozenset({"sk-another"})}

    def test_nothing_is_bought(self, hailuo, rehearsal, campaign):
        """The message names the variable."""
        said = hailuo("run", campaign, "--yes")

        assert said.code == 2
        assert "IMAROUTER_API_KEY" in said.err


def test_a_local_first_frame_reaches_the_vendor(hailuo, rehearsal, framed, tmp_path):
    """On a folder store the simulator fetches it on loopback; the clip takes its shape."""
    said = hailuo("run", framed, "--yes")

    assert said.code == 0, said
    assert len(list((tmp_path / "store" / "framed" / "main" / "frames").iterdir())) == 1
    assert len(list((tmp_path / "store" / "framed" / "main" / "clips").iterdir())) == 1


@pytest.mark.parametrize("has_shape", [False, True])
def test_a_plan_says_the_way_to_a_shape_only_where_one_was_asked_for(hailuo, rehearsal, framed, has_shape):
    """A first frame alone is no order of a shape."""
    if has_shape:
        framed.write_text(FRAMED.replace("matrix:", 'matrix:\n  shape: ["9:16"]'))

    said = hailuo("plan", framed)

    assert ("MiniMax-Hailuo-2.3-Fast: 9:16 by first frame (1 job)" in said.out) == has_shape, said
    assert "None" not in said.out


def test_a_folder_cannot_offer_a_local_first_frame_to_the_real_vendor(hailuo, framed, tmp_path, monkeypatch):
    """Said at once, not by a failed task an hour later; nothing is asked of the vendor for it."""
    monkeypatch.setenv("HAILUO_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("IMAROUTER_API_KEY", "sk-test")

    said = hailuo("run", framed, "--yes")

    assert said.code == 2
    assert "cannot fetch them" in said.err


def test_a_vendor_that_cannot_be_reached_is_no_reason_to_buy(hailuo, campaign, tmp_path, monkeypatch):
    """Connection refused on the balance: refused, with the address."""
    monkeypatch.setenv("HAILUO_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("IMAROUTER_API_KEY", "sk-test")
    monkeypatch.setenv("IMAROUTER_BASE_URL", "http://127.0.0.1:1")

    said = hailuo("run", campaign, "--yes")

    assert said.code == 2
    assert "127.0.0.1:1" in said.err


def test_the_key_does_not_show_in_the_settings():
    """Not in repr, not in str."""
    settings = Settings(api_key=SecretStr("sk-hidden"))

    assert "sk-hidden" not in repr(settings) + str(settings)
