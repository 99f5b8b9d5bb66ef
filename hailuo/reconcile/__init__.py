"""Settling submits whose outcome is unknown."""
