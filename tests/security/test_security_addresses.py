"""A clip's URL opens no door into the house; see SECURITY.md. Spellings of addresses: tests/vendor/test_api_download.py."""

import asyncio
import ssl
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import SecretStr

from hailuo.vendor import Downloaded, DownloadFault, VideoClient

API = "https://api.imarouter.com"
PUBLIC, OTHER, PRIVATE = "93.184.215.14", "2606:4700::1111", "10.0.0.7"
CLIP = b"\x00\x00\x00\x14ftypisom" + b"\x00" * 8 + (20_008).to_bytes(4) + b"mdat" + b"\x07" * 20_000

Resolve = Callable[[str], Coroutine[Any, Any, Sequence[str]]]


class Names:
    """A name service that gives its answers in turn, the last one for ever, and remembers what it was asked."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str) -> Sequence[str]:
        if host == "api.imarouter.com":
            return (PUBLIC,)
        self.asked.append(host)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


class Web:
    """Whoever is asked answers with the clip, or as `answers` says for its host."""

    def __init__(self, **answers: httpx.Response | Exception) -> None:
        self._answers = answers
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self._answers.get(f"at_{request.url.host}", httpx.Response(200, content=CLIP))
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def connected(self) -> list[str]:
        return [request.url.host for request in self.asked]


def fetch(url: str, to: Path, web: Web, names: Resolve) -> Downloaded | DownloadFault:
    async def main() -> Downloaded | DownloadFault:
        transport = httpx.MockTransport(web)
        async with VideoClient(
            base_url=API, key=SecretStr("sk-test"), transport=transport, resolve=names
        ) as client:
            return await client.download(url, to)

    return asyncio.run(main())


def test_a_name_cannot_change_its_address_between_check_and_connection(tmp_path):
    """DNS is asked once: the address that was checked is the one connected to, under the name of the URL."""
    names, web = Names([PUBLIC], [PRIVATE]), Web()

    outcome = fetch("https://cdn.example:8443/a.mp4?sig=1", tmp_path / "clip", web, names)

    [request] = web.asked
    assert isinstance(outcome, Downloaded)
    assert names.asked == ["cdn.example"]
    assert str(request.url) == f"https://{PUBLIC}:8443/a.mp4?sig=1"
    assert request.headers["Host"] == "cdn.example:8443"
    assert request.extensions["sni_hostname"] == "cdn.example"


def test_every_redirect_is_checked_and_held_to_its_address_likewise(tmp_path):
    """A public host that sends us on, to a name with a private address, is where the way ends."""
    hop = httpx.Response(302, headers={"Location": "https://inside.example/a.mp4"})
    names, web = Names([PUBLIC], [PRIVATE]), Web(**{f"at_{PUBLIC}": hop})

    outcome = fetch("https://cdn.example/a.mp4", tmp_path / "clip", web, names)

    assert outcome == DownloadFault(
        expired=False, reason="inside.example is on a private network and the API is not"
    )
    assert web.connected == [PUBLIC]


def test_one_private_address_among_public_ones_is_enough_to_refuse(tmp_path):
    """Which of several addresses a connection takes is chance, or an attacker's choice."""
    web = Web()

    outcome = fetch("https://cdn.example/a.mp4", tmp_path / "clip", web, Names([PUBLIC, PRIVATE]))

    assert "private network" in getattr(outcome, "reason", "")
    assert web.asked == []


def test_the_name_that_is_resolved_is_the_name_that_is_asked(tmp_path):
    """Resolvers spell letters beyond ASCII by older rules than the connection: only the ASCII name is used."""
    names, web = Names([PUBLIC]), Web()

    fetch("https://fa\u00df.example/a.mp4", tmp_path / "clip", web, names)

    assert names.asked == ["xn--fa-hia.example"]
    assert web.asked[0].headers["Host"] == "xn--fa-hia.example"


def test_a_name_without_an_address_is_not_asked(tmp_path):
    """An answer that comes a moment too late for the check is not waited for by the connection."""
    web = Web()

    outcome = fetch("https://cdn.example/a.mp4", tmp_path / "clip", web, Names([], [PRIVATE]))

    assert getattr(outcome, "reason", "") == "cdn.example is not known to the name service"
    assert web.asked == []


def test_the_next_checked_address_is_tried_where_the_first_is_dead(tmp_path):
    """Holding to checked addresses costs no clip: all of them are tried in turn."""
    web = Web(**{f"at_{OTHER}": httpx.ConnectError("no route")})

    outcome = fetch("https://cdn.example/a.mp4", tmp_path / "clip", web, Names([OTHER, PUBLIC]))

    assert isinstance(outcome, Downloaded)
    assert web.connected == [OTHER, PUBLIC]


@pytest.fixture
def certified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ssl.SSLContext]:
    """A server's TLS for a name, by an authority that this process trusts."""

    def make(name: str) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        now = datetime.now(UTC)  # noqa: TID251 (TLS looks at the real one)
        certificate = (
            x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .sign(key, hashes.SHA256())
        )
        pem = serialization.Encoding.PEM
        (tmp_path / "cert.pem").write_bytes(certificate.public_bytes(pem))
        secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        (tmp_path / "key.pem").write_bytes(secret)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
        return context

    return make


@pytest.mark.slow
@pytest.mark.enable_socket
@pytest.mark.parametrize(("certificate_of", "taken"), [("clips.test", True), ("evil.test", False)])
def test_the_certificate_must_be_the_names_although_an_address_is_connected(
    certified, certificate_of, taken, tmp_path
):
    """TLS asks for, and checks, the name in the URL."""
    context = certified(certificate_of)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(CLIP) + CLIP)
        await writer.drain()
        writer.close()

    async def house(_: str) -> Sequence[str]:
        return ("127.0.0.1",)

    async def main() -> Downloaded | DownloadFault:
        async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context) as listener:
            port = listener.sockets[0].getsockname()[1]
            async with VideoClient(
                base_url="https://api.test", key=SecretStr("sk-test"), resolve=house
            ) as client:
                return await client.download(f"https://clips.test:{port}/a.mp4", tmp_path / "clip")

    outcome = asyncio.run(main())

    assert isinstance(outcome, Downloaded) is taken
    assert taken or "CERTIFICATE_VERIFY_FAILED" in getattr(outcome, "reason", "")


FRAMED = """\
campaign: framed
defaults: {{size: 768p, duration: 6, model: MiniMax-Hailuo-2.3}}
matrix:
  prompt: [{{id: stone, text: Perfume bottle on black stone}}]
  first_frame: ["{url}"]
budget: {{usd: 5}}
"""


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The real vendor's address, a key, and no network to reach it by."""
    monkeypatch.setenv("IMAROUTER_API_KEY", "sk-test")
    monkeypatch.setenv("HAILUO_STORE", str(tmp_path / "store"))


@pytest.mark.usefixtures("outside")
@pytest.mark.parametrize(
    "host", ["10.0.0.7", "127.0.0.1", "[::1]", "169.254.169.254", "localhost", "assets.localhost"]
)
def test_a_first_frame_on_a_private_address_is_not_handed_to_the_vendor(hailuo, host, tmp_path):
    """The vendor fetches it, and cannot: it would learn how our house looks inside, and fail the job."""
    file = tmp_path / "framed.yaml"
    file.write_text(FRAMED.format(url=f"https://{host}/a.png"))

    said = hailuo("run", file, "--yes")

    assert said.code == 2
    assert f"a first frame is at '{host.strip('[]')}', where the vendor cannot fetch it" in said.err


@pytest.mark.enable_socket
def test_an_api_in_the_house_may_be_given_first_frames_of_the_house(rehearsal, hailuo, tmp_path):
    """As for clips: what is private to us is not private to a gateway beside us."""
    file = tmp_path / "framed.yaml"
    file.write_text(FRAMED.format(url="https://127.0.0.1:9/a.png"))

    said = hailuo("run", file, "--yes")

    assert "where the vendor cannot fetch it" not in said.err
    assert said.code != 2
