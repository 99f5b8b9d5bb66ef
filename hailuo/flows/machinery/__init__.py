"""What the flows share: parameters, logs, events, task runs."""
