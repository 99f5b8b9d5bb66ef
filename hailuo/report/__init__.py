"""Ad platforms' results in, an honest judgement and the next batch out."""
