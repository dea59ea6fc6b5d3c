"""How does one use it?"""
