"""A real S3 server of the proof's own, and a proxy before it that loses answers."""

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from benchmarks.proof.assignment import Place

_BUCKET: Final = "hailuo-proof"
_KEY, _SECRET = "AKPROOF", "proof-secret"
_START_SECONDS: Final = 60.0
_PORTS: Final = ("master.port", "volume.port", "filer.port", "s3.port", "admin.port")
_QUIET: Final = (
    "-ip=127.0.0.1",
    "-ip.bind=127.0.0.1",
    "-webdav=false",
    "-admin.ui=false",
    "-s3.port.iceberg=0",
    "-s3.port.lance=0",
    "-master.telemetry=false",
)


@contextmanager
def seaweedfs(folder: Path, *, metrics_port: int | None = None) -> Iterator[Place]:
    """`weed mini` with one bucket, its data below the folder, while the block runs; counts at a port if asked to."""
    folder.mkdir()
    ports = dict(
        zip([*_PORTS, *(f"{name}.grpc" for name in _PORTS)], _free_ports(2 * len(_PORTS)), strict=True)
    )
    identities, data = folder / "identities.json", folder / "data"
    owner = {
        "name": "owner",
        "credentials": [{"accessKey": _KEY, "secretKey": _SECRET}],
        "actions": ["Admin"],
    }
    identities.write_text(json.dumps({"identities": [owner]}), encoding="utf-8")
    data.mkdir()
    sockets = (f"-filer.localSocket={folder / 'filer.sock'}", f"-s3.localSocket={folder / 's3.sock'}")
    options = [*_QUIET, *sockets, *(f"-{name}={port}" for name, port in ports.items())]
    options += [f"-metricsPort={metrics_port}"] if metrics_port else []
    weed = str(Path(sys.executable).with_name("weed"))
    command = [weed, f"-logdir={folder}", "mini", f"-dir={data}", f"-s3.config={identities}", *options]
    environment = {"PATH": os.defpath, "HOME": str(folder), "TMPDIR": str(folder)}
    with subprocess.Popen(  # noqa: S603 (our own server)
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            url = f"http://127.0.0.1:{ports['s3.port']}"
            _make_bucket(url)
            said = _environment(url)
            yield Place(
                name="SeaweedFS", uri=f"s3://{_BUCKET}/proof", environment=said, direct_environment=said
            )
        finally:
            process.kill()


@dataclass(slots=True)
class LossyProxy:
    """What the proxy saw: PUTs that the server answered, and those whose answer was thrown away."""

    place: Place
    puts: int = 0
    lost: int = 0


@contextmanager
def losing_answers(place: Place, *, share: float, seed: int = 0) -> Iterator[LossyProxy]:
    """A proxy before the server, for workers only: of the PUTs that succeeded it cuts off so many answers."""
    upstream = int(place.environment["AWS_ENDPOINT_URL_S3"].rpartition(":")[2])
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    proxy = LossyProxy(place)
    relay = _Relay(upstream, share, Random(seed), proxy)  # noqa: S311 (a dice)
    starting = asyncio.run_coroutine_threadsafe(asyncio.start_server(relay.relay, "127.0.0.1", 0), loop)
    server = starting.result()
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    proxy.place = Place(
        name=place.name,
        uri=place.uri,
        environment=_environment(url),
        direct_environment=place.direct_environment,
    )
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


class _Relay:
    def __init__(self, upstream: int, share: float, random: Random, seen: LossyProxy) -> None:
        self._upstream = upstream
        self._share = share
        self._random = random
        self._seen = seen

    async def relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of a client, byte for byte, until either side ends it or an answer is lost."""
        with contextlib.suppress(OSError):
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._upstream)
            asked = _Asked()
            ways = {
                asyncio.ensure_future(self._requests(reader, up_writer, asked)),
                asyncio.ensure_future(self._answers(up_reader, writer, asked)),
            }
            _, left = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in left:
                way.cancel()
            up_writer.close()
        writer.close()

    async def _requests(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: "_Asked"
    ) -> None:
        with contextlib.suppress(OSError):
            while part := await reader.read(65536):
                if part.startswith((b"GET ", b"PUT ", b"HEAD ", b"POST ", b"DELETE ")):
                    asked.is_put = part.startswith(b"PUT ")
                writer.write(part)
                await writer.drain()

    async def _answers(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: "_Asked"
    ) -> None:
        with contextlib.suppress(OSError):
            while part := await reader.read(65536):
                if asked.is_put and part.startswith(b"HTTP/1.1 200"):
                    self._seen.puts += 1
                    if self._random.random() < self._share:
                        self._seen.lost += 1
                        return
                writer.write(part)
                await writer.drain()


@dataclass(slots=True)
class _Asked:
    is_put: bool = False


def _environment(url: str) -> Mapping[str, str]:
    """What makes boto3 speak to this server, and to nothing that a developer has set up."""
    return {
        "AWS_ENDPOINT_URL_S3": url,
        "AWS_ACCESS_KEY_ID": _KEY,
        "AWS_SECRET_ACCESS_KEY": _SECRET,
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def _free_ports(count: int) -> list[int]:
    """All held before the first is given back, so that they differ."""
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [server.getsockname()[1] for server in servers]


def _make_bucket(url: str) -> None:
    """Once the server gives back what it took: listening alone is too early. Raises: TimeoutError."""
    session = boto3.session.Session(_KEY, _SECRET, region_name="us-east-1")
    config = Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=10)
    client = session.client("s3", endpoint_url=url, config=config)
    pause = threading.Event()
    for _ in range(int(_START_SECONDS / 0.2)):
        try:
            with contextlib.suppress(ClientError):  # it may be there from the last try
                client.create_bucket(Bucket=_BUCKET)
            client.put_object(Bucket=_BUCKET, Key="ready", Body=b"ready")
            client.get_object(Bucket=_BUCKET, Key="ready")["Body"].read()
        except (BotoCoreError, ClientError):
            pause.wait(0.2)
        else:
            return
    raise TimeoutError("SeaweedFS did not answer")
