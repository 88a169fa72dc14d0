"""What the gateway needs from outside, in its own words: no vendor, no socket, no file system."""
