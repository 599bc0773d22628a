"""Scores of texts, computed by the code that scores bantam's tasks. Which package each agrees with: docs/scores.md."""
try:
    from bantam._native import bleu, chrf, exact_match, meteor, rouge, squad_f1, ter, word_error_rate
except ImportError as error:
    raise ImportError("this bantam was built without its module for scores; install the wheel (docs/python.md)") from error

__all__ = ["bleu", "chrf", "exact_match", "meteor", "rouge", "squad_f1", "ter", "word_error_rate"]
