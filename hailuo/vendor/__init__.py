"""The only HTTP to the vendor: orders, status, balance, clips, and what each answer means for the money."""

from hailuo.vendor.assets import Asset, AssetPhase
from hailuo.vendor.client import NO_BALANCE_REPORTED, SUBMIT_SECONDS_AT_MOST, Accepted, VideoClient
from hailuo.vendor.download import Downloaded, DownloadFault, is_whole_clip, on_our_own_network
from hailuo.vendor.error_table import Cause, Meaning
from hailuo.vendor.read_fault import Fault, fault_of, read_fault
from hailuo.vendor.request import build_request, request_sha256
from hailuo.vendor.status import TaskPhase, TaskStatus, is_about_people, is_moderation, read_status
from hailuo.vendor.wire import task_id_of

__all__ = [
    "NO_BALANCE_REPORTED",
    "SUBMIT_SECONDS_AT_MOST",
    "Accepted",
    "Asset",
    "AssetPhase",
    "Cause",
    "DownloadFault",
    "Downloaded",
    "Fault",
    "Meaning",
    "TaskPhase",
    "TaskStatus",
    "VideoClient",
    "build_request",
    "fault_of",
    "is_about_people",
    "is_moderation",
    "is_whole_clip",
    "on_our_own_network",
    "read_fault",
    "read_status",
    "request_sha256",
    "task_id_of",
]
