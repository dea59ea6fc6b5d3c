"""Which other query means the same?"""
