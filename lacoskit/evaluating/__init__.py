"""Measuring models by tasks: vectors computed once, intervals, comparisons, tables."""
