"""`python -m hailuo`: the command line, where the command `hailuo` is not on the path."""

from hailuo.cli import main

main()
