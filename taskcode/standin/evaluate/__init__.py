"""The package `evaluate` fetches each metric's code from the hub when it is loaded; here a metric can be named, not computed."""


class Metric:
    def __init__(self, name):
        self.name = name

    def compute(self, *arguments, **options):
        from loading import Refused

        raise Refused(f"evaluate.load({self.name!r}) would fetch code from the hub and run it; run the task with lm-eval")

    add = add_batch = compute


EvaluationModule = Metric


def load(path, *arguments, **options):
    return Metric(path)


def combine(metrics, *arguments, **options):
    return Metric(", ".join(str(one) for one in metrics))
