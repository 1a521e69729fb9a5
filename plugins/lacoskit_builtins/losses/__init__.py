"""What to make small in training."""
