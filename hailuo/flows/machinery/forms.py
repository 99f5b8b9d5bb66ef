"""The run forms on Prefect's server: what they let people pick is made anew by every run, so a new file needs no deploy."""

from collections.abc import Mapping
from typing import Any, Final

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import DeploymentUpdate
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags
from prefect.runtime import deployment

from hailuo.flows.machinery.parameters import OFFERS, Picking, offered
from hailuo.logs import quiet_logger
from hailuo.settings import Settings

TAG: Final = "hailuo"
"""The tag of every deployment that people start (prefect.yaml)."""

_log = quiet_logger("hailuo.forms")


async def offer_anew(settings: Settings) -> None:
    """Let every form offer the campaigns and models that this worker has now. Without a deployment it does nothing."""
    if deployment.id is None:
        return
    ours = DeploymentFilter(tags=DeploymentFilterTags(all_=[TAG]))
    async with get_client() as client:
        for one in await client.read_deployments(deployment_filter=ours):
            is_scheduled = any(schedule.active for schedule in one.schedules)
            if is_scheduled and str(one.id) != deployment.id:
                continue  # an update plans its next runs anew, and one that is due in this second would be lost
            schema = dict(one.parameter_openapi_schema or {})
            fresh = {**schema, "properties": _fresh(schema.get("properties", {}), settings)}
            if fresh != schema:  # a schema alone: switches, schedules and parameters stay
                await client.update_deployment(one.id, DeploymentUpdate(parameter_openapi_schema=fresh))
                _log.info("the form of %s offers what there is now", one.name)


def _fresh(fields: Mapping[str, Mapping[str, Any]], settings: Settings) -> dict[str, Mapping[str, Any]]:
    return {
        name: {**field, **offered(Picking(field[OFFERS]), settings)}
        if field.get(OFFERS) in set(Picking)
        else field
        for name, field in fields.items()
    }
