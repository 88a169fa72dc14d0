"""Classes of English words, each defined once."""
