"""The settings: a module per kind of section of ``frontline.toml``, frozen, read once at the
start."""
