"""Aggregations and metrics of lm_eval.api.metrics, without other packages where that is possible."""
import math


def bypass_agg(arr):
    return 999


def mean(arr):
    return sum(arr) / len(arr)


def nanmean(arr):
    kept = [one for one in arr if one == one]
    return sum(kept) / len(kept) if kept else math.nan


def median(arr):
    return sorted(arr)[len(arr) // 2]


def weighted_mean(items):
    values, weights = zip(*items)
    return sum(values) / sum(weights)


def perplexity(items):
    return math.exp(-mean(items))


def weighted_perplexity(items):
    return math.exp(-weighted_mean(items))


def bits_per_byte(items):
    return -weighted_mean(items) / math.log(2)


def metric_max_over_ground_truths(metric_fn, prediction, ground_truths):
    return max([metric_fn(prediction, one) for one in ground_truths])


def is_non_str_iterable(obj):
    return hasattr(obj, "__iter__") and not isinstance(obj, str)


def pop_stddev(arr):
    centre = mean(arr)
    return math.sqrt(sum((one - centre) ** 2 for one in arr) / len(arr))


def sample_stddev(arr):
    centre = mean(arr)
    return math.sqrt(sum((one - centre) ** 2 for one in arr) / (len(arr) - 1))


def mean_stderr(arr):
    return sample_stddev(arr) / math.sqrt(len(arr))


# F1 of classes, with scikit-learn's rules: classes in order, 0 where a class is never given or never right.

def labels_of(golds, given):
    labels = set(golds) | set(given)
    if len({isinstance(one, str) for one in labels}) > 1:
        raise ValueError("Mix of label input types (string and number)")
    return sorted(labels)


def f1_of_classes(golds, given, labels):
    """Of each class (F1, how often it is right)."""
    for label in labels:
        right = sum(a == label == b for a, b in zip(golds, given))
        wanted, said = sum(one == label for one in golds), sum(one == label for one in given)
        yield (2 * right / (wanted + said) if wanted + said else 0.0), wanted


def f1_score(items):
    """Binary F1 of class 1, the greatest of those given."""
    golds, given = zip(*items)
    return max(one for one, _ in f1_of_classes(golds, given, [1]))
