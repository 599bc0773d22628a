"""What task files of lm-eval 0.4.13 import from it, written from its behaviour; the package itself is not needed."""
__version__ = "0.4.13"
