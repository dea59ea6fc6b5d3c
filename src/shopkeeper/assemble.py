"""Which artefacts make a shop?"""
