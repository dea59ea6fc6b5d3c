"""What are the words?"""
