"""The one sequence that `extend` begins and continues, whatever computes the logits."""
import numpy

import protocol
from protocol import Failed


class Extended(protocol.Model):
    """A model whose `extend` is made of `computed`; `continues`: a cache goes from piece to piece, else the whole is computed where logits are wanted."""

    continues, sequence, cache = False, (), None

    def computed(self, tokens, begin, cache, keep):
        """Logits of the last `keep` of these tokens, an array of float32, and the new cache; `begin` is the place of the first token."""
        raise NotImplementedError

    def extend(self, tokens, restart, logits):
        if restart:
            self.end_sequence()
        begin, self.sequence = len(self.sequence), [*self.sequence, *tokens]
        if self.continues:
            made, self.cache = self.computed(tokens, begin, self.cache, len(tokens) if logits else 1)
        elif logits:
            made, _ = self.computed(self.sequence, 0, None, len(tokens))
        return float_bytes(made, self.facts["vocabulary"]) if logits else None

    def end_sequence(self):
        self.sequence, self.cache = (), None


def float_bytes(logits, vocabulary):
    """Little-endian 32-bit floats of tokens × vocabulary."""
    if logits.shape[1] != vocabulary:
        raise Failed(f"the model gives {logits.shape[1]} logits for a vocabulary of {vocabulary}")
    if not numpy.isfinite(logits).all():
        raise Failed("the model computed logits that are not finite (NaN or infinity): try another precision")
    return logits.astype("<f4").tobytes()
