"""In what order, how fast, what if one fails?"""
