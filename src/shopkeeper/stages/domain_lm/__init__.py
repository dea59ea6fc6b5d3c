"""What does the shop's own language model know?"""
