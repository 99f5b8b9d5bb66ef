"""`python -m flows.setup` in a checkout. Its code is in hailuo/flows/setup.py."""

import runpy

if __name__ == "__main__":
    runpy.run_module("hailuo.flows.setup", run_name="__main__", alter_sys=True)
