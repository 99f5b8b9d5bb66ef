"""Every step between two effects is told, so that a proof can kill there."""

from hailuo.run.steps import Step
from hailuo.simulator import FaultName, FaultPlan, ScriptedFault


def test_a_run_passes_every_step(make_world):
    """A job that fails once and is bought again passes them all; a step nobody passes proves nothing."""
    world = make_world(
        jobs=2, faults=FaultPlan(script=(ScriptedFault(fault=FaultName.FAILED_OBJECT, skip=1),))
    )
    passed: list[Step] = []
    world.reached = passed.append

    world.run()

    assert set(passed) == set(Step)
    assert passed[:4] == [Step.BEFORE_INTENT, Step.BEFORE_POST, Step.AFTER_POST, Step.AFTER_OUTCOME]
