"""Helpers that the scripts share."""
