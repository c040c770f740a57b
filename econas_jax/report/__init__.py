"""The command that writes a search's report anew."""
