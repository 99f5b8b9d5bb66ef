"""A run does what the plan says, once."""

from hailuo.errors import ExitCode
from hailuo.ledger.facts import JobState


def test_every_job_is_stored_and_charged_once(make_world):
    """Thirty jobs, thirty clips, thirty charges; a second run buys nothing."""
    world = make_world()

    report = world.run()

    assert report.exit_code is ExitCode.COMPLETE, report
    invoice = world.simulator.invoice()
    assert len(invoice.lines) == 30
    assert not invoice.duplicates
    again = world.run()
    assert again.exit_code is ExitCode.COMPLETE
    assert len(world.simulator.invoice().lines) == 30
    assert {ending.state for ending in again.endings} == {JobState.STORED}
