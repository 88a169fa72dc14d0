"""Build time, by developers only: what the shipped weights learn from, and how."""
