"""Order within one process: tasks, threads, garbage, stalls."""
