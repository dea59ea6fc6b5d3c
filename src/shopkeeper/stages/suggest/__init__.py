"""What might the shopper want?"""
