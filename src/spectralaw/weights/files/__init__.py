"""Files of weights, recognised by content, read without running anything in them, one array at a time."""
