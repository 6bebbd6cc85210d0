"""The window. Knows Qt and ``core``; never touches SQL or models."""
