"""What every room of the framework shares: config, errors, logging, checkpoints, RL maths."""
