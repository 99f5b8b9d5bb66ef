"""What to render next, and the campaign file that orders it."""
