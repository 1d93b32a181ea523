"""Runs in a database that several replicas of the service share."""
