"""What opens a first frame for the vendor is told to the vendor alone; see SECURITY.md."""

import logging
from pathlib import Path

import pytest

from tests.security.conftest import SIGNATURE, SIGNED

CAMPAIGN = f"""\
campaign: framed
defaults: {{size: 768p, duration: 6, model: MiniMax-Hailuo-2.3}}
matrix:
  prompt: [{{id: stone, text: Perfume bottle that is lost}}]
  first_frame: ["{SIGNED}"]
budget: {{usd: 5}}
"""


@pytest.mark.slow
@pytest.mark.enable_socket
def test_a_signature_in_a_first_frames_url_goes_to_the_vendor_and_nowhere_else(
    echoing, parrot, hailuo, left_behind, tmp_path: Path, caplog
):
    """Not into ledger, plan, manifest, gallery, logs or screen; bought anew, the URL of the file goes out whole."""
    caplog.set_level(logging.DEBUG)
    file = tmp_path / "framed.yaml"
    file.write_text(CAMPAIGN)
    parrot.words = "lost on the way"

    planned, ran = hailuo("plan", file, "--json"), hailuo("run", file, "--yes")
    [job] = (tmp_path / "store/framed/main/ledger/v1").iterdir()
    listed = hailuo("reconcile", file)
    given_up = hailuo("reconcile", file, "abandon", job.name, "--why", "no such task")
    again = hailuo("run", file, "--yes", "--json")
    rebuilt = hailuo("manifest", file)

    everything = left_behind(planned, ran, listed, given_up, again, rebuilt) + caplog.text
    assert [SIGNED in post for post in parrot.posts] == [True, True]
    assert "https://bucket.example/frame.png" in everything
    assert "a002/intent" in everything
    for part in ("plan.json", "manifest.jsonl", "gallery.html"):
        assert part in everything
    assert SIGNATURE not in everything
