"""Written text on its way to a voice: cut into chunks, made fit to be spoken, aligned."""
