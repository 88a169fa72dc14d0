"""The carriers' APIs for calls in progress, a file each."""
