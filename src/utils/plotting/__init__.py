"""Learning curves from the records of runs."""
