"""Where do results live?"""
