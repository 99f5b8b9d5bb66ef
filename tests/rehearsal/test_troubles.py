"""What `--faults` takes."""

import re
from pathlib import Path

import pytest

from hailuo.rehearsal.troubles import TROUBLES, read_troubles
from hailuo.simulator import FaultName


def test_sets_and_single_faults_go_together():
    """In one list or in several; a set that is named twice counts once."""
    found = read_troubles(["429s, outage", "stuck=0.1,429s"])

    assert found.named == ("429s", "outage", "stuck=0.1")
    assert found.faults.rates[FaultName.STUCK] == 0.1
    assert found.outages == (TROUBLES["outage"].outage,)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("outtage", "'outtage' is no set of faults; did you mean 'outage'?"),
        ("rain", "'rain' is no set of faults; choose 429s, 5xx, slow-cells"),
        ("stuck=lots", "the rate must be a number between 0 and 1"),
        ("stuck=2", "the rate must lie between 0 and 1"),
        ("stuck=0.9,failed_object=0.9", "add up to 1.8"),
    ],
)
def test_what_is_no_fault_is_refused(text, said):
    """By its name, with the nearest known one."""
    with pytest.raises(ValueError, match=re.escape(said)):
        read_troubles([text])


def test_all_sets_can_happen_in_one_night():
    """Their chances leave room for each other."""
    assert len(read_troubles([",".join(TROUBLES)]).named) == len(TROUBLES)


def test_each_set_is_documented_in_its_own_words():
    """A row of docs/reference/rehearsal.md."""
    page = Path("docs/reference/rehearsal.md").read_text(encoding="utf-8")

    assert all(f"| `{name}` | {trouble.says} |" in page for name, trouble in TROUBLES.items())
