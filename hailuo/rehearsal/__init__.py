"""A rehearsal of tonight's run on a clock that jumps: how long, how much, and which limit binds when."""
