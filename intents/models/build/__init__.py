"""The making of served models. It needs torch, and is never imported by the server."""
