"""How do I reproduce the paper?"""
