"""Settings turned into parts, and the parts into a server. Only this and ``commands`` see
adapters."""
