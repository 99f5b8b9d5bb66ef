"""Real S3 servers on loopback, as processes of their own: what tests of the S3 store run against."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

BUCKET = "hailuo-tests"
READER = ("AKREADER", "reader-secret")
"""Known to SeaweedFS, and may only read."""

_OWNER = ("AKOWNER", "owner-secret")
_START_SECONDS = 600
_IDENTITIES = {
    "identities": [
        {
            "name": name,
            "credentials": [{"accessKey": key, "secretKey": secret}],
            "actions": actions,
        }
        for name, (key, secret), actions in (
            ("owner", _OWNER, ["Admin", "Read", "Write", "List", "Tagging"]),
            ("reader", READER, ["Read", "List"]),
        )
    ]
}


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Server:
    """A server that answers, with one empty bucket."""

    name: str
    url: str
    pid: int

    def environment(self, folder: Path, **different: str) -> Mapping[str, str]:
        """What makes boto3 speak to this server and to nothing that a developer has set up."""
        return {
            "AWS_ENDPOINT_URL_S3": self.url,
            "AWS_ACCESS_KEY_ID": _OWNER[0],
            "AWS_SECRET_ACCESS_KEY": _OWNER[1],
            "AWS_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": str(folder / "no-aws-config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(folder / "no-aws-credentials"),
            **different,
        }

    def client(self) -> Any:
        """A client of the bucket's owner, for what the store itself does not do."""
        return _owner_of(self.url)


@cache
def _owner_of(url: str) -> Any:
    session = boto3.session.Session(*_OWNER, region_name="us-east-1")
    config = Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=10)
    return session.client("s3", endpoint_url=url, config=config)


@contextlib.contextmanager
def seaweedfs(folder: Path) -> Iterator[S3Server]:
    """`weed mini` on free ports of this machine, its data in the folder."""
    names = ("master.port", "volume.port", "filer.port", "s3.port", "admin.port")
    ports = dict(zip([*names, *(f"{name}.grpc" for name in names)], _free_ports(10), strict=True))
    folder.joinpath("identities.json").write_text(json.dumps(_IDENTITIES))
    folder.joinpath("data").mkdir()
    command = [
        _beside_python("weed"),
        f"-logdir={folder}",
        "mini",
        f"-dir={folder / 'data'}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        f"-s3.config={folder / 'identities.json'}",
        f"-filer.localSocket={folder / 'filer.sock'}",
        f"-s3.localSocket={folder / 's3.sock'}",
        *(f"-{name}={port}" for name, port in ports.items()),
        "-s3.autoCreateBucket=false",  # a mistyped bucket is missing, as on AWS
        "-webdav=false",
        "-admin.ui=false",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-master.telemetry=false",
    ]
    with _running(command, folder, {}) as pid:
        yield _ready(S3Server(name="seaweedfs", url=f"http://127.0.0.1:{ports['s3.port']}", pid=pid))


@contextlib.contextmanager
def ministack(folder: Path) -> Iterator[S3Server]:
    """ministack's S3, and its STS for roles, on a free port of this machine, in memory. It checks the signatures of links, of nothing else."""
    (port,) = _free_ports(1)
    environment = {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "SERVICES": "s3,sts",
        "AWS_ACCESS_KEY_ID": _OWNER[0],
        "AWS_SECRET_ACCESS_KEY": _OWNER[1],
        "LOG_LEVEL": "ERROR",
        "STATE_DIR": str(folder / "state"),
        "S3_DATA_DIR": str(folder / "s3"),
        "DOCKER_HOST": f"unix://{folder / 'no-docker.sock'}",
    }
    with _running([_beside_python("ministack")], folder, environment) as pid:
        yield _ready(S3Server(name="ministack", url=f"http://127.0.0.1:{port}", pid=pid))


def _beside_python(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def _free_ports(count: int) -> list[int]:
    """All held before the first is given back, so that they differ."""
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [server.getsockname()[1] for server in servers]


@contextlib.contextmanager
def _running(command: list[str], folder: Path, environment: Mapping[str, str]) -> Iterator[int]:
    """The process while the block runs; ended by its own pid."""
    surroundings = {"PATH": os.defpath, "HOME": str(folder), "TMPDIR": str(folder), **environment}
    with folder.joinpath("server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=surroundings, stdout=log, stderr=log)  # noqa: S603
        try:
            yield process.pid
        finally:
            process.kill()  # nothing of it is needed again
            process.wait()


def _ready(server: S3Server) -> S3Server:
    """The server once it has taken and given back an object: listening alone is too early."""
    client, end = server.client(), time.monotonic() + _START_SECONDS  # noqa: TID251 (a real process)
    while True:
        try:
            with contextlib.suppress(ClientError):  # it may be there from the last try
                client.create_bucket(Bucket=BUCKET)
            client.put_object(Bucket=BUCKET, Key="ready", Body=b"ready")
            client.get_object(Bucket=BUCKET, Key="ready")["Body"].read()
            client.delete_object(Bucket=BUCKET, Key="ready")
        except (BotoCoreError, ClientError):
            if time.monotonic() > end:  # noqa: TID251 (a real process)
                raise
            time.sleep(0.1)  # noqa: TID251 (a real process)
        else:
            return server
