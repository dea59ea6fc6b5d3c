"""What do the shop's own rules ask for?"""
