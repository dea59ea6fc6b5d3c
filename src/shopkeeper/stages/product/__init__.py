"""What is this product?"""
