"""What callers say, made fit to be kept: words known to be harmless stay, the rest is masked."""
