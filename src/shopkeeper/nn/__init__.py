"""What can be computed? No shopping word here."""
