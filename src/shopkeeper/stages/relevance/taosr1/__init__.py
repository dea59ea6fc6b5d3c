"""How well does each product fit, and why? A language model that answers first and reasons after.

Dong et al. 2025, "TaoSR1: The Thinking Model for E-commerce Relevance Search", arXiv:2508.12365.
"""
