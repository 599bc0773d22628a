"""Functions of lm_eval.utils that task files import."""
import logging  # noqa: F401  (task files take it from here)
import re

eval_logger = logging.getLogger("lm_eval")
REPLACED = ((" n't", "n't"), (" )", ")"), ("( ", "("), ('" ', '"'), (' "', '"'))


def general_detokenize(string):
    for before, after in REPLACED:
        string = string.replace(before, after)
    return re.sub(r" (['.,])", r"\1", string)


def weighted_f1_score(items):
    """F1 per class, weighted by how often the class is right; of pairs (right, given)."""
    from lm_eval.api.metrics import f1_of_classes, labels_of

    golds, given = zip(*items, strict=True)
    scores = [(one, count) for one, count in f1_of_classes(golds, given, labels_of(golds, given))]
    return sum(one * count for one, count in scores) / sum(count for _, count in scores)


def sanitize_list(sub):
    if isinstance(sub, (list, tuple)):
        return type(sub)(sanitize_list(one) for one in sub)
    return str(sub)


def handle_non_serializable(o):
    if hasattr(o, "item") and getattr(o, "shape", None) == ():
        return o.item()
    return list(o) if isinstance(o, set) else str(o)


def softmax(x):
    import numpy

    powers = numpy.exp(x - numpy.max(x))
    return powers / powers.sum()
