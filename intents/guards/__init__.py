"""Two texts to a reason against answering the one with the other's answer."""
