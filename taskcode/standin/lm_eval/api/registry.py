"""Decorators that note filters, metrics and aggregations by name."""
filter_registry, metric_registry, aggregation_registry = {}, {}, {}


def register_filter(name):
    def noted(made):
        filter_registry[name] = made
        return made

    return noted


def register_metric(**options):
    def noted(function):
        metric_registry[options.get("metric")] = function
        return function

    return noted


def register_aggregation(name):
    def noted(function):
        aggregation_registry[name] = function
        return function

    return noted


def get_filter(name):
    return filter_registry.get(name, name) if isinstance(name, str) else name
