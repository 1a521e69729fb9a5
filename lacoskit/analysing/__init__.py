"""Finding out what vectors know: each analysis for each model, written down, read again, shown."""
