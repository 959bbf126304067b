"""What the runner's scripts share; standard library only, for Python 3.8 and later."""
