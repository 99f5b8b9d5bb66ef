"""Make, compare and learn from AI video ads: one campaign file in, every clip rendered once."""
