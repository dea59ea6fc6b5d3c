"""What do the words of the query mean?"""
