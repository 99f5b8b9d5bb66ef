"""Which campaigns are due tonight, and what they cost together."""
