"""What an answer is made of for people, and how it is written: knows nothing of bounds."""
