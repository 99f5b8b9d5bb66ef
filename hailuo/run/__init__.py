"""Doing it: drive an admitted plan; submit, poll, download, verify and store, all jobs at once in one event loop."""
