"""A recipe of several stages: which there are, what each needs of the others, and which have been done."""
