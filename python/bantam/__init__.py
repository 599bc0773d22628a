"""bantam from Python: run plans, read stores as pandas frames, score texts, and write tasks as Python functions.

    import bantam
    results = bantam.run(models="embedded:pico", precisions=["int8", "int4"], tasks="accuracy",
                         accuracy_tasks="nano_sentiment", limit=50)
    print(results.frame()[["precision", "acc", "acc_low", "acc_high"]])
"""
from bantam._binary import BantamError, __version__, binary
from bantam._run import run
from bantam.store import Store, open  # noqa: A004 (a module's open, as gzip.open)
from bantam.task import Task

__all__ = ["BantamError", "Store", "Task", "__version__", "binary", "open", "run"]
