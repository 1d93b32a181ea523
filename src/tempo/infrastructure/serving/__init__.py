"""Adapters of the service."""
