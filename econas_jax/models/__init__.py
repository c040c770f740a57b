"""Trained models: a network with its weights and all that is needed to use it, in memory and as a folder."""
