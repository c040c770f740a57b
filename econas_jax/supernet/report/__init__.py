"""The report of a search inside a supernet."""
