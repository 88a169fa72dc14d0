"""The caller's side of a turn: from the first word to the decision."""
