"""Which products belong to the answer?"""
