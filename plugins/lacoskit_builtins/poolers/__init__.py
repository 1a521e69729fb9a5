"""Ways to turn token states into one vector a text."""
