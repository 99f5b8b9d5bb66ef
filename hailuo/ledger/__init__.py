"""What happened: the facts of every job, what they amount to, and the money of all runs."""
