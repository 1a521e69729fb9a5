"""Ways to turn a gradient into a step."""
