"""The schema of settings: declaring the keys of a section, and reading files and variables against
them."""
