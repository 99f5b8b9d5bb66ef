"""What is wanted: a campaign, its variants and jobs, which combinations are legal, and what they cost."""
