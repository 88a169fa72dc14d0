"""Tools that agents run: requests, functions, and servers of the Model Context Protocol."""
