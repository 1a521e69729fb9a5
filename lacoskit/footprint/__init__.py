"""The memory that a run takes, counted from its configuration before anything is downloaded or loaded.

Nothing here imports torch until something is counted.
"""
