"""Our side: what a verdict makes us say, the agent's reply, fillers, and what was heard."""
