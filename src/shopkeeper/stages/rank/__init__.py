"""What will this shopper want most?"""
