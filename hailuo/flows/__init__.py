"""Prefect flows: schedule, UI and distribution over the library `hailuo`, and no rules of their own."""
