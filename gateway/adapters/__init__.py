"""Vendors and local engines behind the ports, a file each."""
