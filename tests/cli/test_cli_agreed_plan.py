"""`hailuo run --plan DIGEST` buys the plan that was shown, and no other."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from hailuo.errors import ExitCode
from hailuo.run.environment import RunEnvironment, within
from tests.support.commands import Command
from tests.support.rehearsals import accepted

pytestmark = pytest.mark.enable_socket


@pytest.mark.parametrize("characters", [12, 64])
def test_the_plan_that_was_shown_is_bought_without_asking(
    hailuo: Command, rehearsal: RunEnvironment, campaign: Path, characters: int
) -> None:
    """Its digest in full, or as far as it is shown."""
    digest = json.loads(hailuo("plan", campaign, "--json").out)["digest"]

    said = hailuo("run", campaign, "--plan", digest[:characters])

    assert said.code == ExitCode.COMPLETE
    assert accepted(rehearsal) == 4


@pytest.mark.parametrize("with_server", [False, True], ids=["alone", "with Prefect"])
@pytest.mark.parametrize("change", ["takes: 3", "another digest", "too short"])
def test_any_other_plan_is_refused(
    hailuo: Command, rehearsal: RunEnvironment, campaign: Path, change: str, with_server: bool
) -> None:
    """Before a server is asked, too: nothing is bought."""
    digest = json.loads(hailuo("plan", campaign, "--json").out)["digest"]
    if change == "takes: 3":
        campaign.write_text(campaign.read_text().replace("takes: 2", change))
    named = {"another digest": "0" * 64, "too short": digest[:11]}.get(change, digest)
    server = {"prefect_api_url": "http://127.0.0.1:9/api"} if with_server else {}

    with within(replace(rehearsal, settings=rehearsal.settings.model_copy(update=server))):
        said = hailuo("run", campaign, "--plan", named)

    assert said.code == ExitCode.REFUSED
    assert "not the approved plan" in said.err
    assert accepted(rehearsal) == 0
