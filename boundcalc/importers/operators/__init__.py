"""What the operators of frameworks become in the language, a file for each family."""
