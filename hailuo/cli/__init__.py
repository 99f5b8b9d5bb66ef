"""The command line. Each command lives in a module of its own, loaded only when it is called."""

from hailuo.cli.main import main

__all__ = ["main"]
