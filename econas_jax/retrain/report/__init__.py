"""Learning curves and the page of a retraining."""
