"""May this be asked, may this be shown?"""
