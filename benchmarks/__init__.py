"""Measurements beside other ways to do the same; each folder runs as a module."""
