"""All guards at once: the registry of them, and the vetoes that they give together."""
