"""The Python examples of every page run as they are printed; docs/how-to/python.md names all that `import hailuo` gives."""

import asyncio
import re
from pathlib import Path

import pytest

import hailuo
from hailuo.campaign.files import load_catalog
from hailuo.clock import SystemClock
from hailuo.simulator import ClipDetail, SimulatorOptions, simulating
from tests.report.editions import meta_export

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "how-to" / "python.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXAMPLES = {
    str(path.relative_to(DOCS)): "\n".join(_BLOCK.findall(path.read_text(encoding="utf-8")))
    for path in sorted(DOCS.rglob("*.md"))
    if _BLOCK.search(path.read_text(encoding="utf-8"))
}
CAMPAIGN = """\
campaign: shoe
takes: 2
defaults: {size: 768p, duration: 6}
matrix:
  model: [MiniMax-Hailuo-02, MiniMax-Hailuo-2.3]
  prompt:
    - {id: dawn, text: Shoe at dawn}
    - {id: noon, text: Shoe at noon}
budget: {usd: 5}
"""
ENVIRONMENT = {
    "IMAROUTER_API_KEY": "sk-test",
    "HAILUO_CHECKS": "off",
    "HAILUO_STORE": "./store",
    "HAILUO_SUBMITS_PER_MINUTE": "600",
    "HAILUO_POLL_FIRST_SECONDS": "0.1",
    "HAILUO_POLL_EVERY_SECONDS": "0.1",
}


def test_the_page_names_every_public_name_and_each_exists():
    """At most a dozen names, in order; each is loaded when it is used."""
    table = set(re.findall(r"`(\w+)`", "\n".join(re.findall(r"^\|.*\|$", PAGE, re.MULTILINE)))) - {"ads"}

    assert hailuo.__all__ == sorted(hailuo.__all__)
    assert len(hailuo.__all__) <= 12
    assert {name for name in hailuo.__all__ if hasattr(hailuo, name)} == table


@pytest.fixture
def vendor(tmp_path, monkeypatch):
    """A simulated vendor, an empty folder to work in, and the settings of both."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "exports").mkdir()
    options = SimulatorOptions(catalog=load_catalog(), clip_detail=ClipDetail.SMALL, speed=400.0)
    with simulating(options, clock=SystemClock()) as base_url:
        for name, value in {**ENVIRONMENT, "IMAROUTER_BASE_URL": base_url}.items():
            monkeypatch.setenv(name, value)
        yield base_url


def _prepared(name):
    """The campaign under a name, with an export of its ads."""
    path = Path(f"{name}.yaml")
    path.write_text(CAMPAIGN.replace("campaign: shoe", f"campaign: {name}"))
    prepared = hailuo.prepare(hailuo.CampaignRequest(path=path))
    Path("exports/meta.csv").write_bytes(meta_export(prepared.expansion.jobs))
    return prepared


@pytest.mark.slow
@pytest.mark.enable_socket
@pytest.mark.usefixtures("vendor")
def test_the_examples_run_in_the_order_of_the_page(capsys):
    """Whoever copies the page from top to bottom gets clips, money, a manifest and a judgement."""
    _prepared("shoe")

    exec(EXAMPLES["how-to/python.md"], {})  # noqa: S102 (our own page)

    said = capsys.readouterr().out
    assert "8 clips to buy for $2.24" in said
    assert "COMPLETE shoe/main/gallery.html" in said
    assert "2.24 spent, 0 reserved" in said
    assert "creative_id" in said


@pytest.mark.slow
@pytest.mark.enable_socket
@pytest.mark.usefixtures("vendor")
@pytest.mark.parametrize("page", sorted(EXAMPLES.keys() - {"how-to/python.md"}))
def test_the_examples_of_another_page_run(page):
    """They read the edition `sneaker-launch/main`, which is rendered, with its exports."""
    prepared = _prepared("sneaker-launch")
    first = prepared.expansion.jobs[0].creative_id
    Path("exports/ads.csv").write_text(
        f"creative_id,platform,ad_id,ad_name,platform_video_id\n{first},meta,120200000000001,,\n"
    )
    asyncio.run(_render(prepared))

    exec(EXAMPLES[page], {})  # noqa: S102 (our own page)


async def _render(prepared):
    async with hailuo.open_session(prepared) as session:
        await session.run(await session.plan())
        await session.publish()
