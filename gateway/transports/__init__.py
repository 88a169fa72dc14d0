"""The ways in which a call reaches the gateway, a file each."""
