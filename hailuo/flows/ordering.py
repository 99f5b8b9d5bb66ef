"""A setting of Prefect's server: `PREFECT_SERVER_EVENTS_CAUSAL_ORDERING=hailuo.flows.ordering`. No message waits then.

It is for a server that keeps its events in memory, as one without Redis does.
"""

from prefect.server.events.ordering.memory import CausalOrdering as InMemory
from prefect.server.events.schemas.events import ReceivedEvent


class CausalOrdering(InMemory):
    """Evaluates each event when it arrives; none of our automations depends on the order of states.

    Prefect's own holds the event of a state until that of the state before has arrived, for up to 15 minutes. After a
    restart it does not know what arrived before, and forgets what it held: so messages would come late, or never.
    """

    async def wait_for_leader(self, event: ReceivedEvent) -> None:
        """Do not wait."""
