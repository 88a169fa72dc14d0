"""How served models are made. Needs torch, and is never imported by the server."""
