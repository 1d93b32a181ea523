"""The routes of the HTTP service, one subject a module."""
