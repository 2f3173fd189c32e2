import numpy as np
def doubts(raw_TK): return ()
def without_zeros(raw_TK): return raw_TK, False
