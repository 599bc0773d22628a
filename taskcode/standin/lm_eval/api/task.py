"""Tasks that are Python classes need lm-eval itself; the names exist so that files that also define such a class can be loaded."""
from loading import Refused


class Task:
    def __init__(self, *arguments, **options):
        raise Refused("a task that is a Python class needs lm-eval itself")


class ConfigurableTask(Task):
    pass
