"""Understanding: text in, decision out. Knows no call, socket or sound."""
