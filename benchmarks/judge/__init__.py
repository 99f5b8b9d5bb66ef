"""How good the judgement is: published figures, simulated campaigns whose truth is known, and real logs."""
