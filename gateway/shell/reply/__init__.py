"""A reply of the agent's on its way to sound."""
