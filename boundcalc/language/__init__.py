"""From text to an architecture: tree, reader, fields, schema, conditions."""
