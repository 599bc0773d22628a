"""What generation keeps of each request, whatever computes the logits."""
import math

from protocol import Failed


class Stream:
    """One request on its way. `model` gives `detokenize`, `ends` (ids that end a sequence) and `specials` (ids without text)."""

    def __init__(self, number, prompt, options, events, model):
        self.number, self.prompt, self.options, self.events, self.model = number, prompt, options, events, model
        self.tokens, self.finish, self.gap = [], None, math.inf
        self.draw = self.drawing(options.sampling, options.seeds[number]) if options.sampling else None
        # Each token that is not special has at least a byte: a stop string that just ended lies in so many of the last ones.
        self.window = max((len(one.encode()) for one in options.stop), default=0) + 16

    @staticmethod
    def drawing(sampling, seed):
        """What draws the tokens of a request: its `token` gives one by the logits."""
        from sampling import Draw

        return Draw(sampling, seed)

    def take(self, token, gap):
        """The chosen token and the difference of the two best logits; whether the request goes on."""
        if math.isnan(gap):
            raise Failed("the model computed logits that are not finite (NaN): try another precision")
        self.gap = min(self.gap, gap)
        if token in self.model.ends and not self.options.ignore_eos:
            self.finish = "stop"
            return False
        self.events.token(self.number, token)
        self.tokens.append(token)
        if self.options.stop and self.holds_stop():
            self.finish = "stop"
        elif len(self.tokens) == self.options.max_new_tokens:
            self.finish = "length"
        return self.finish is None

    def holds_stop(self):
        last = []
        for token in reversed(self.tokens):
            if token not in self.model.specials:
                last.append(token)
                if len(last) == self.window:
                    break
        text = self.model.detokenize([last[::-1]])[0]
        return any(one in text for one in self.options.stop)

    def answer(self):
        made = {"prompt_tokens": self.prompt, "text": self.model.detokenize([self.tokens])[0], "finish": self.finish}
        if math.isfinite(self.gap):
            made["smallest_top2_gap"] = self.gap
        return made
