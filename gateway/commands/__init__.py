"""The commands of ``frontline``, a module each: ``run(args, settings) -> exit code``."""
