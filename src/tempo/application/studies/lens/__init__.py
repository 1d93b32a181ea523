"""The logit lens of a row that sees several histories: at which layer does it commit?"""
