"""The call: from audio frames to the right clip, and back."""
