"""Prefect's server on Postgres and Redis."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.scale.broker import Broker
from benchmarks.scale.database import Database
from tests.support.servers.prefect import Server, client_environment, program
from tests.support.servers.processes import Service, free_ports, running


@contextmanager
def prefect_server(folder: Path, database: Database, broker: Broker) -> Iterator[Server]:
    """The server on a free port while the block runs; its durable state is in Postgres and Redis."""
    folder.mkdir()
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}/api"
    options = [
        "server",
        "start",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--no-ui",
        "--log-level",
        "INFO",
    ]
    service = Service(
        name="prefect-server",
        command=[program("prefect"), *options],
        environment={**client_environment(folder, url), **_backing(database, broker)},
        folder=folder,
    )
    with running(service):
        server = Server(service=service, url=url)
        server.wait()
        yield server


def _backing(database: Database, broker: Broker) -> Mapping[str, str]:
    """As deploy/compose.yaml has it; every name is one of Prefect's settings."""
    return {
        "PREFECT_API_DATABASE_CONNECTION_URL": database.url,
        "PREFECT_MESSAGING_BROKER": "prefect_redis.messaging",
        "PREFECT_MESSAGING_CACHE": "prefect_redis.messaging",
        "PREFECT_SERVER_EVENTS_CAUSAL_ORDERING": "prefect_redis.ordering",
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect_redis.lease_storage",
        "PREFECT_SERVER_WORKER_CHANNEL_CLEANUP_QUEUE_STORAGE": "prefect_redis.cleanup_queue",
        "PREFECT_REDIS_MESSAGING_URL": broker.url(0),
        # else an event is lost now and then: docs/evidence/scale.md#events-that-got-lost
        "PREFECT_REDIS_MESSAGING_PUBLISHER_BATCH_SIZE": "1",
        "PREFECT_REDIS_MESSAGING_PUBLISHER_PUBLISH_EVERY": "86400",
        "PREFECT_REDIS_WORKER_CLEANUP_QUEUE_URL": broker.url(0),
        "PREFECT_SERVER_DOCKET_URL": broker.url(1),
    }
