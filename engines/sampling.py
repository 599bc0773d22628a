"""Drawing tokens by a seed, in the order of Hugging Face's warpers: temperature, top-k, top-p, min-p, and the draw."""
import numpy

from protocol import Failed


class Draw:
    """The tokens of one request: they follow from its seed and its logits alone."""

    def __init__(self, sampling, seed):
        self.sampling, self.random = sampling, numpy.random.Generator(numpy.random.PCG64(seed))

    def token(self, logits):
        """One that is drawn from what the array of logits leaves. In the order of ids, so that noise of the logits hardly changes it."""
        ids, weights = left(logits, self.sampling)
        sums = weights.cumsum()
        return int(ids[numpy.searchsorted(sums, self.random.random() * sums[-1], "right")])


def left(logits, sampling):
    """Ids that may be drawn, in ascending order, and their probabilities up to a common factor: that of the most probable one is 1."""
    logits = logits.astype(numpy.float64)
    best = logits.max()
    if not numpy.isfinite(best):
        raise Failed("the model computed logits that are not finite (NaN or infinity): try another precision")
    ids = numpy.arange(len(logits))
    if 0 < sampling.top_k < len(logits):
        ids = numpy.flatnonzero(logits >= numpy.partition(logits, -sampling.top_k)[-sampling.top_k])
    with numpy.errstate(over="ignore"):
        weights = numpy.exp((logits[ids] - best) / sampling.temperature)
    if sampling.top_p < 1:
        chosen = nucleus(weights, sampling.top_p)
        ids, weights = ids[chosen], weights[chosen]
    chosen = weights >= sampling.min_p
    return ids[chosen], weights[chosen]


def nucleus(weights, top_p):
    """Places of the smallest set of largest weights that have this share of the sum, at least one; of equal weights, the first ones."""
    falling = numpy.sort(weights)[::-1]
    sums = falling.cumsum()
    count = max(1, int((sums - falling < top_p * sums[-1]).sum()))
    least = falling[count - 1]
    above = numpy.flatnonzero(weights > least)
    return numpy.sort(numpy.concatenate([above, numpy.flatnonzero(weights == least)[:count - len(above)]]))
