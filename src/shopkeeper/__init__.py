"""Shopkeeper: the open, complete LLM stack for product search."""

__version__ = "0.1.0"
