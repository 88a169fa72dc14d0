"""How a section declares its keys, and how files and variables are read and checked against
that."""
