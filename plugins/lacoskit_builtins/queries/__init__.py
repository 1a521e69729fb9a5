"""What the generators share: phrases in ten languages, and what can be found in a text without heavy libraries."""
