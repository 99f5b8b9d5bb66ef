"""Which campaigns are due tonight, and what they spent together."""
