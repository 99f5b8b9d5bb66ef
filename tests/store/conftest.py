"""What the tests of all stores share."""

import copy
import secrets
from collections.abc import Callable
from pathlib import Path

import pytest

from hailuo.clock import RehearsalClock
from hailuo.store.aws import S3Options
from hailuo.store.s3 import S3Store
from tests.support.servers.s3 import BUCKET, S3Server

OpenStore = Callable[..., S3Store]

pytest.register_assert_rewrite("tests.store.contract")


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A clip as it was downloaded."""
    path = tmp_path / "downloads" / "clip.mp4"
    path.parent.mkdir()
    path.write_bytes(b"\x00\x00\x00\x18ftypmp42" + bytes(range(256)) * 100)
    return path


@pytest.fixture
def open_s3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OpenStore:
    """`open_s3(server)`: a store of this test's own, below a prefix that nobody else has.

    `environment` differs from the owner's, `options` and `bucket` from the ordinary ones.
    """
    own = secrets.token_hex(6)

    def open_store(
        server: S3Server, *, bucket: str = BUCKET, options: S3Options | None = None, **environment: str
    ) -> S3Store:
        for name, value in server.environment(tmp_path, **environment).items():
            monkeypatch.setenv(name, value)
        return S3Store(bucket, f"tests/{own}", clock=RehearsalClock(20), options=options)

    return open_store


@pytest.fixture(scope="session")
def own_s3(tmp_path_factory: pytest.TempPathFactory) -> OpenStore:
    """`own_s3(server)`: the same, with clients that all tests share: making them costs 80 ms of CPU."""
    stores: dict[str, S3Store] = {}

    def open_store(server: S3Server) -> S3Store:
        if server.name not in stores:
            folder = tmp_path_factory.mktemp("aws")
            with pytest.MonkeyPatch.context() as patch:
                for name, value in server.environment(folder).items():
                    patch.setenv(name, value)
                stores[server.name] = S3Store(BUCKET, "", clock=RehearsalClock(20))
        store = copy.copy(stores[server.name])
        store._prefix = f"tests/{secrets.token_hex(6)}/"
        return store

    return open_store
