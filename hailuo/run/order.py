"""In which order the jobs of a run ask for their turn."""

from hailuo.ledger.facts import JobState
from hailuo.plan.plan import Plan, PlannedJob
from hailuo.run.render_times import RenderTimes


def in_order(plan: Plan) -> tuple[PlannedJob, ...]:
    """The driven jobs: what is not to be bought, then the slowest cells first, for they decide when the run ends.

    Before them goes the quickest job of each model without a stored clip: the others wait for it.
    """
    times = RenderTimes()
    seconds = {planned.job.creative_id: times.typical_seconds(planned.job) for planned in plan.driven}
    waiting = [planned for planned in plan.driven if planned.state is JobState.NEW]
    quickest = sorted(waiting, key=lambda planned: seconds[planned.job.creative_id])
    proven = {planned.job.variant.model for planned in plan.in_state(JobState.STORED)}
    first: dict[str, PlannedJob] = {}
    for planned in quickest:
        if (model := planned.job.variant.model) not in proven:
            first.setdefault(model, planned)
    ahead = {planned.job.creative_id for planned in first.values()}
    slowest = sorted(waiting, key=lambda planned: -seconds[planned.job.creative_id])
    return (
        *(planned for planned in plan.driven if planned.state is not JobState.NEW),
        *first.values(),
        *(planned for planned in slowest if planned.job.creative_id not in ahead),
    )
