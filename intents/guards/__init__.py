"""Two texts to a reason against answering the one with the other's answer: a file, a guard.

``entry`` holds what several guards need to know, ``applied`` what asks all of them.
"""
