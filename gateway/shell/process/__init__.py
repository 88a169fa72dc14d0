"""What keeps one process in order: tasks, threads, garbage, stalls."""
