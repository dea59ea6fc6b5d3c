"""Who are the shoppers?"""
