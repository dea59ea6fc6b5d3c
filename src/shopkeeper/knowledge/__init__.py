"""What is known about goods?"""
