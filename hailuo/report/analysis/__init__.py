"""From joined results to findings: what was observed, what that says about the clips, and how it is put in words."""
