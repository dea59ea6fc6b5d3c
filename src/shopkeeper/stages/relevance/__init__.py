"""How well does each product fit?"""
