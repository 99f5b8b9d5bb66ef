"""What a run would do and cost, computed without doing it."""
