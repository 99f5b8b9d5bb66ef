"""A simulated vendor for rehearsals, demos and tests. It imports nothing of `hailuo.vendor`."""

from hailuo.simulator.charges import Call, Invoice
from hailuo.simulator.connections import SimulatorTransport
from hailuo.simulator.fault_plan import FaultPlan, ScriptedFault
from hailuo.simulator.faults import FAULTS, FaultName, Strikes, submit_faults
from hailuo.simulator.frames import AnyFrame
from hailuo.simulator.options import ClipDetail, Profile, SimulatorOptions
from hailuo.simulator.pricing import AmountStyle, Pricing
from hailuo.simulator.server import serve, serving_folder, simulating
from hailuo.simulator.service import Simulator
from hailuo.simulator.trace import TaskTimes, Trace

__all__ = [
    "FAULTS",
    "AmountStyle",
    "AnyFrame",
    "Call",
    "ClipDetail",
    "FaultName",
    "FaultPlan",
    "Invoice",
    "Pricing",
    "Profile",
    "ScriptedFault",
    "Simulator",
    "SimulatorOptions",
    "SimulatorTransport",
    "Strikes",
    "TaskTimes",
    "Trace",
    "serve",
    "serving_folder",
    "simulating",
    "submit_faults",
]
