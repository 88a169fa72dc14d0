"""From an operator's questions to what answers them, and how sure it must be."""
