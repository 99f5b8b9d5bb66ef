"""A desk in front of the simulated vendor: what is asked, in virtual time and without sockets."""

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import httpx
import pytest
from PIL import Image

from hailuo.campaign.catalog import (
    Audio,
    Billing,
    Catalog,
    Citation,
    ClipShape,
    Family,
    FirstFrameRule,
    Model,
    Offer,
    Setting,
)
from hailuo.campaign.files import load_catalog
from hailuo.simulator import ClipDetail, Invoice, Simulator, SimulatorOptions, SimulatorTransport
from hailuo.testing import VirtualClock

SOURCE = Citation(text="made up for tests", checked=date(2026, 11, 22))
BASE_URL = "http://simulator"
KEY = "sk-test"
NIGHT = 86_000.0
"""Seconds after which every task that ends has ended, and no link has expired."""


def offer(duration: int, size: str, price: str | None) -> Offer:
    price_usd = None if price is None else Decimal(price)
    return Offer(duration=duration, size=size, price_usd=price_usd, source=SOURCE)


def model(name: str, first_frame: FirstFrameRule, *offers: Offer, family: str = "minimax") -> Model:
    return Model(
        name=name,
        family=family,
        offers=offers,
        first_frame=first_frame,
        first_frame_source=SOURCE,
        prompt_limit=2000,
        prompt_source=SOURCE,
    )


MODELS = (
    model(
        "MiniMax-Hailuo-02",
        FirstFrameRule.NONE,
        offer(6, "240p", "0.05"),  # not the vendor's: full clips of it are made quickly
        offer(6, "512p", "0.10"),
        offer(6, "768p", "0.28"),
    ),
    model(
        "MiniMax-Hailuo-2.3",
        FirstFrameRule.OPTIONAL,
        offer(6, "768p", "0.28"),
        offer(10, "768p", "0.56"),
        offer(6, "1080p", "0.49"),
    ),
    model(
        "MiniMax-Hailuo-2.3-Fast", FirstFrameRule.REQUIRED, offer(6, "240p", "0.05"), offer(6, "768p", "0.19")
    ),
    model("seedance-2.0", FirstFrameRule.OPTIONAL, offer(5, "720p", None), family="seedance"),
)
CATALOG = Catalog(
    models={model.name: model for model in MODELS},
    families={
        "minimax": load_catalog().families["minimax"],
        "seedance": Family(
            name="seedance",
            request={
                "model": "{model}",
                "prompt": "{prompt}",
                "duration": "{duration}",
                "metadata": {"resolution": "{size}", "audio": "{audio}", "aspect_ratio": "{aspect_ratio}"},
                "images": ["{first_frame}"],
            },
            settings={
                "audio": Setting(name="audio", values=(True, False)),
                "aspect_ratio": Setting(name="aspect_ratio", values=("16:9", "9:16"), default="16:9"),
            },
            shape=ClipShape(setting="aspect_ratio", from_frame=True),
            audio=Audio(setting="audio"),
            fps=30,
            pixels={("720p", "16:9"): (320, 180), ("720p", "9:16"): (180, 320)},
            billing=Billing.AT_END,
        ),
    },
)


@dataclass(kw_only=True)
class Desk:
    """Asks the simulator one thing after the other; time moves only by `advance` (and slow answers)."""

    options: SimulatorOptions
    images: dict[str, bytes] = field(default_factory=dict)
    clock: VirtualClock = field(default_factory=VirtualClock)
    fetched: list[httpx.Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        frames = httpx.MockTransport(self._offer_image)
        self.simulator = Simulator(self.options, clock=self.clock, frames=frames)

    def _offer_image(self, request: httpx.Request) -> httpx.Response:
        self.fetched.append(request)
        content = self.images.get(str(request.url))
        return httpx.Response(404) if content is None else httpx.Response(200, content=content)

    def ask(
        self,
        method: str,
        path: str,
        *,
        key: str | None = KEY,
        headers: dict[str, str] | None = None,
        **body: object,
    ) -> httpx.Response:
        """One request. Raises httpx.TransportError where the simulator gives no answer."""

        async def run() -> httpx.Response:
            transport = SimulatorTransport(self.simulator.app)
            async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
                signed = {} if key is None else {"Authorization": f"Bearer {key}"}
                return await client.request(method, path, headers=signed | (headers or {}), **body)  # type: ignore[arg-type]  # json or content

        return self.clock.run(run())

    def post(self, **changes: object) -> httpx.Response:
        """A legal order, with these fields changed; None leaves one out."""
        order = {"model": "MiniMax-Hailuo-02", "prompt": "A shoe", "duration": 6, "size": "768p"} | changes
        return self.ask("POST", "/v1/videos", json={k: v for k, v in order.items() if v is not None})

    def order(self, **changes: object) -> str:
        """The task id of an accepted order."""
        answer = self.post(**changes).json()
        answer = answer.get("data", answer)
        return str(answer.get("task_id") or answer["id"])

    def status(self, task_id: str, route: str = "/v1/videos") -> httpx.Response:
        return self.ask("GET", f"{route}/{task_id}")

    def fetch(self, url: str, **headers: str) -> httpx.Response:
        """A clip, as anybody would fetch it: without a key."""
        return self.ask("GET", url, key=None, headers=headers)

    def finished(self, **changes: object) -> str:
        """The URL of an ordered clip that is ready."""
        task_id = self.order(**changes)
        self.advance(NIGHT)
        return self.url(task_id)

    def url(self, task_id: str) -> str:
        return str(self.status(task_id).json()["metadata"]["url"])

    def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)

    def invoice(self) -> Invoice:
        return self.simulator.invoice()


@pytest.fixture
def make_desk() -> Callable[..., Desk]:
    """A desk; clips are small unless the test says otherwise."""

    def make(*, images: dict[str, bytes] | None = None, **options: object) -> Desk:
        chosen = {"catalog": CATALOG, "clip_detail": ClipDetail.SMALL} | options
        return Desk(options=SimulatorOptions(**chosen), images=images or {})  # type: ignore[arg-type]  # each test names options of the right type

    return make


@pytest.fixture
def desk(make_desk: Callable[..., Desk]) -> Desk:
    """A vendor without faults."""
    return make_desk()


@pytest.fixture
def picture() -> Callable[..., bytes]:
    """An image file: a blue field, off the middle of a red one."""

    def make(width: int = 800, height: int = 450, file_format: str = "JPEG") -> bytes:
        image = Image.new("RGB", (width, height), (200, 30, 30))
        image.paste((30, 30, 200), (width // 5, height // 5, width // 2, height // 2))
        written = io.BytesIO()
        image.save(written, file_format)
        return written.getvalue()

    return make
