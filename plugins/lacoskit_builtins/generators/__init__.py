"""Ways to write queries for documents."""
