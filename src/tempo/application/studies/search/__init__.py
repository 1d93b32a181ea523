"""Does a tree search find what sampling and a beam do not, at the same number of rows?"""
