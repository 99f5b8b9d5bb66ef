"""The S3 store keeps every promise of the folder, on two servers that others wrote."""

import pytest

from hailuo.store import Store
from tests.store.conftest import OpenStore
from tests.store.contract import StoreContract
from tests.support.servers.s3 import S3Server

pytestmark = [pytest.mark.slow, pytest.mark.enable_socket]


class S3Contract(StoreContract):
    """The contract, with as many facts as need a second page."""

    many = 1050


class TestOnSeaweedFS(S3Contract):
    """Keeps objects on disk; checks keys, signatures and checksums."""

    @pytest.fixture
    def store(self, own_s3: OpenStore, seaweedfs: S3Server) -> Store:
        return own_s3(seaweedfs)


class TestOnMinistack(S3Contract):
    """Keeps objects in memory."""

    @pytest.fixture
    def store(self, own_s3: OpenStore, ministack: S3Server) -> Store:
        return own_s3(ministack)
