"""People and what they may do: tokens, sign-in, roles, and the trail of changes."""
