"""The verbs that look and tell, one module each; none of them loads a model."""
