"""The compiled bound: one intermediate representation, and passes over it, a file each."""
