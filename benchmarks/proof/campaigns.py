"""Campaign files of any size, in which every job has a body of its own: then a charge has one owner."""

from pathlib import Path

_HEAD = """\
campaign: {name}
defaults: {{size: 768p, duration: 6}}
retries: {{failed: 2}}
budget: {{usd: 50000}}
matrix:
  model: [MiniMax-Hailuo-02, MiniMax-Hailuo-2.3]
  prompt:
"""


def write_campaign(folder: Path, name: str, *, jobs: int) -> Path:
    """A campaign of so many jobs (an even number), half of them on each of two models."""
    path = folder / f"{name}.yaml"
    prompts = (
        f"    - {{id: p{n:03}, text: Perfume bottle number {n} on black stone}}\n" for n in range(jobs // 2)
    )
    path.write_text(_HEAD.format(name=name) + "".join(prompts), encoding="utf-8")
    return path
