"""Hard negatives from a corpus: texts on disk, candidates by vectors or words, rules that spare what may be right."""
