"""Who may do what: tokens, sign-in, roles, and the trail of changes."""
