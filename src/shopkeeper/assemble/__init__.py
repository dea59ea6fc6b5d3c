"""Which artefacts make a shop?

Opens a shop's folder, its artefacts and its products, builds the stages and the catalogue upon
them, and keeps them fresh while they serve.
"""
