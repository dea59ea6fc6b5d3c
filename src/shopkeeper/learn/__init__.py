"""How does credit become gradient? One file per algorithm; no shopping word here."""
