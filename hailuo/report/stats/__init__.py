"""Numbers with their uncertainty: no I/O, no clock, randomness only by a seed that is passed in."""
