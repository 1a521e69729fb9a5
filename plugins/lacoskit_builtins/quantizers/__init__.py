"""Ways to hold the base model's frozen weights in fewer bits."""
