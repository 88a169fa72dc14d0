"""WORKERS. Several processes behind one listening socket: who starts them, what they share."""
