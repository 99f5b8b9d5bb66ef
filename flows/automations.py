"""`python -m flows.automations` in a checkout. Its code is in hailuo/flows/automations.py."""

import runpy

if __name__ == "__main__":
    runpy.run_module("hailuo.flows.automations", run_name="__main__", alter_sys=True)
