"""The gateway's needs from outside, in its own words: no vendor, no socket, no file system."""
