"""Choices of which weights are trained."""
