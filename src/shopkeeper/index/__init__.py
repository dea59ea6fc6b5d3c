"""Where are the items?"""
