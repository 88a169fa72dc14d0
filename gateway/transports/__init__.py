"""How a call reaches us: a file for each way."""
