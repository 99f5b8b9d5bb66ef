"""Lines and JSON on the terminal: what every command prints with, and which loads nothing else."""

from typing import Final

import click

from hailuo.text import printable

SIMULATED: Final = "SIMULATED: a simulator made these clips, and nothing was billed"


def say(text: str) -> None:
    """Print one line for people. Control characters from files or the vendor are made visible."""
    click.echo(printable(text))


def echo_json(content: object) -> None:
    """Print a JSON document, in ASCII because it may be shown on a terminal. Decimals are written as text."""
    from pydantic_core import to_json  # noqa: PLC0415 (only for --json)

    click.echo(to_json(content, indent=2, ensure_ascii=True).decode())


def count(number: int, noun: str, nouns: str | None = None) -> str:
    """`1 job`, `2 jobs`; `nouns` where an s is not enough."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {nouns or noun + 's'}"
