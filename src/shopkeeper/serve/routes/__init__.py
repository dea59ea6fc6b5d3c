"""Which addresses does the server have? A file for each kind of thing that is addressed."""
