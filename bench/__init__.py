"""Benchmarks: each module has ``run(settings, **parameters) -> dict`` with figures and goals."""
