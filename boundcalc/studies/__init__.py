"""One question a file, asked of compiled bounds."""
