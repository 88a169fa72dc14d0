"""Live values in answers: templates, declared types, and what is said of a value."""
