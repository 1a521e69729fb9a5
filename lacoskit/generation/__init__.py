"""Queries for documents: written block by block, sieved by rules, kept with where they come from."""
