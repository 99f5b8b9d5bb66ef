"""The simulator on a real socket: the same answers, and connections that are really cut."""

import gc
import io
import socket
import threading

import httpx
import pytest
from PIL import Image

from hailuo.simulator import (
    ClipDetail,
    FaultName,
    FaultPlan,
    ScriptedFault,
    SimulatorOptions,
    serving_folder,
    simulating,
)
from tests.simulator.conftest import CATALOG

pytestmark = [pytest.mark.slow, pytest.mark.enable_socket]

ORDER = {"model": "MiniMax-Hailuo-02", "prompt": "A shoe", "duration": 6, "size": "512p"}
KEY = {"Authorization": "Bearer sk-test"}


def options(*faults):
    script = tuple(ScriptedFault(fault=fault) for fault in faults)
    return SimulatorOptions(
        catalog=CATALOG, faults=FaultPlan(script=script), clip_detail=ClipDetail.SMALL, speed=100_000
    )


def bought(client, **changes):
    """The URL of a clip; at this speed the first GET may be a moment early."""
    task_id = client.post("/v1/videos", json=ORDER | changes).json()["task_id"]
    while (body := client.get(f"/v1/videos/{task_id}").json())["status"] != "completed":
        pass
    return body["metadata"]["url"]


def test_a_clip_is_bought_and_fetched_over_a_socket():
    """POST, GET, download, invoice: the same app as in-process."""
    with simulating(options()) as base_url, httpx.Client(base_url=base_url, headers=KEY) as client:
        clip = client.get(bought(client)).content
        invoice = client.get("/_sim/invoice").json()

    assert clip[4:8] == b"ftyp"
    assert invoice["net_usd"] == "0.10"


@pytest.mark.parametrize("path", ["/v1/videos", "/_sim/faults"])
def test_a_client_killed_amid_its_request_is_nobodys_trouble(path, capfd):
    """Nothing is bought, nothing is answered, and the server's log stays clean."""
    with simulating(options()) as base_url, httpx.Client(base_url=base_url) as client:
        url = httpx.URL(base_url)
        with socket.create_connection((url.host, url.port)) as dying:
            head = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-test\r\nContent-Length: 99\r\n\r\n"
            dying.sendall(head.encode() + b'{"model":')
        while (
            not (invoice := client.get("/_sim/invoice").json())["calls"]["submits"] and path == "/v1/videos"
        ):
            pass

    assert invoice["accepted"] == 0
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("fault", [FaultName.CHARGED_THEN_DROPPED, FaultName.DROPPED])
def test_a_dropped_submit_ends_without_a_byte(fault, capfd):
    """httpx sees the connection go; the next POST, on a new one, is answered; the server's log stays clean."""
    with simulating(options(fault)) as base_url, httpx.Client(base_url=base_url, headers=KEY) as client:
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            client.post("/v1/videos", json=ORDER)
        assert client.post("/v1/videos", json=ORDER).status_code == 200

    assert capfd.readouterr().err == ""


def test_a_silent_vendor_holds_nobody_back_once_the_client_has_left(capfd):
    """The client's own time-out ends it; the server closes down at once and complains of nothing."""
    with simulating(options(FaultName.CHARGED_THEN_SILENCE)) as base_url:
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(f"{base_url}/v1/videos", json=ORDER, headers=KEY, timeout=httpx.Timeout(30, read=0.5))
        invoice = httpx.get(f"{base_url}/_sim/invoice").json()

    assert (invoice["accepted"], invoice["lines"][0]["answered"]) == (1, False)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("fault", [FaultName.DOWNLOAD_DROPPED, FaultName.DOWNLOAD_TRUNCATED])
def test_a_broken_off_download_is_noticed(fault, capfd):
    """Fewer bytes than promised, then the end: httpx raises; the second try is whole."""
    with simulating(options(fault)) as base_url, httpx.Client(base_url=base_url, headers=KEY) as client:
        url = bought(client)
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            client.get(url)
        assert client.get(url).content[4:8] == b"ftyp"

    assert capfd.readouterr().err == ""


def test_a_folder_is_offered_beside_it(tmp_path):
    """First frames of a folder store, for the simulator to fetch."""
    (tmp_path / "frames").mkdir()
    (tmp_path / "frames" / "a.png").write_bytes(b"png")

    with serving_folder(tmp_path) as base_url:
        answer = httpx.get(f"{base_url}/frames/a.png")

    assert answer.content == b"png"


def test_a_first_frame_in_a_folder_becomes_a_clip_of_its_shape(tmp_path):
    """End to end on loopback: the store's folder, the vendor that fetches from it, the clip."""
    written = io.BytesIO()
    Image.new("RGB", (900, 1600), (200, 30, 30)).save(written, "PNG")
    (tmp_path / "a.png").write_bytes(written.getvalue())

    with (
        serving_folder(tmp_path) as frames_url,
        simulating(options()) as base_url,
        httpx.Client(base_url=base_url, headers=KEY) as client,
    ):
        metadata = {"first_frame_image": f"{frames_url}/a.png"}
        bought(client, model="MiniMax-Hailuo-2.3", size="768p", metadata=metadata)
        task_id = client.get("/_sim/invoice").json()["lines"][0]["task_id"]
        (result,) = client.get(f"/v1/videos/{task_id}").json()["results"]

    assert (result["width"], result["height"]) == (768, 1366)


def test_a_simulator_that_is_shut_down_leaves_nothing_behind(tmp_path):
    """No thread, no open socket (an unclosed one would warn, and a warning is an error), no answer."""
    before = set(threading.enumerate())

    with (
        simulating(options()) as base_url,
        serving_folder(tmp_path),
        httpx.Client(base_url=base_url) as client,
    ):
        client.get("/")
    gc.collect()

    assert set(threading.enumerate()) <= before
    with pytest.raises(httpx.ConnectError):
        httpx.get(base_url)


def test_two_simulators_run_side_by_side():
    """Each on a free port of its own, with an invoice of its own."""
    with simulating(options()) as one, simulating(options()) as other:
        httpx.post(f"{one}/v1/videos", json=ORDER, headers=KEY)
        accepted = [httpx.get(f"{url}/_sim/invoice").json()["accepted"] for url in (one, other)]

    assert accepted == [1, 0]
