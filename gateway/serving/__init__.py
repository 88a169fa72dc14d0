"""SERVING. What every connection must keep to, before a route sees it: sizes, times, places."""
