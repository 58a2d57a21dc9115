"""A page of its own, with everything in it, about some networks and their bounds."""
