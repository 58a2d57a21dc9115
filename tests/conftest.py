"""With this file here, `tests/` is on the path of every test, so that they can import `reference`."""
