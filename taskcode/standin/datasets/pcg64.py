"""The order of `numpy.random.default_rng(seed).permutation(count)`, without numpy.

SeedSequence and PCG64 (O'Neill, "PCG: A Family of Simple Fast Space-Efficient Statistically Good Algorithms", 2014; XSL-RR, 128 bits);
the order by Fisher and Yates from the end.
"""
WORD, LONG, WIDE = 2**32 - 1, 2**64 - 1, 2**128 - 1
MULTIPLIER = 0x2360ED051FC65DA44385DF649FCCF645


def seed_words(seed, count):
    """`count` words of 32 bits made of the seed: what SeedSequence(seed).generate_state gives."""
    entropy = []
    while seed:
        entropy.append(seed & WORD)
        seed >>= 32
    entropy = entropy or [0]
    constant = 0x43B0D7E5

    def hashed(value):
        nonlocal constant
        value ^= constant
        constant = constant * 0x931E8875 & WORD
        value = value * constant & WORD
        return value ^ value >> 16

    def mixed(left, right):
        value = (left * 0xCA01F9DD - right * 0x4973F715) & WORD
        return value ^ value >> 16

    pool = [hashed(entropy[place] if place < len(entropy) else 0) for place in range(4)]
    for source in range(4):
        for target in range(4):
            if source != target:
                pool[target] = mixed(pool[target], hashed(pool[source]))
    for extra in entropy[4:]:
        for target in range(4):
            pool[target] = mixed(pool[target], hashed(extra))
    words, constant = [], 0x8B51F9DD
    for place in range(count):
        value = pool[place % 4] ^ constant
        constant = constant * 0x58F38DED & WORD
        value = value * constant & WORD
        words.append(value ^ value >> 16)
    return words


class Generator:
    def __init__(self, seed):
        words = seed_words(seed, 8)
        high = [words[2 * place] | words[2 * place + 1] << 32 for place in range(4)]
        start, stream = high[0] << 64 | high[1], high[2] << 64 | high[3]
        self.step = (stream << 1 | 1) & WIDE
        self.state = ((self.step + start) * MULTIPLIER + self.step) & WIDE
        self.kept = None

    def long(self):
        self.state = (self.state * MULTIPLIER + self.step) & WIDE
        value, turn = (self.state >> 64 ^ self.state) & LONG, self.state >> 122
        return (value >> turn | value << (64 - turn)) & LONG

    def word(self):
        if self.kept is not None:
            value, self.kept = self.kept, None
            return value
        value = self.long()
        self.kept = value >> 32
        return value & WORD

    def below_or_at(self, most):
        """A number from 0 to `most`, less than 2**32: words without their upper bits until one fits."""
        mask = (1 << most.bit_length()) - 1
        while (value := self.word() & mask) > most:
            pass
        return value


def permutation(seed, count):
    generator, order = Generator(seed), list(range(count))
    for last in range(count - 1, 0, -1):
        other = generator.below_or_at(last)
        order[last], order[other] = order[other], order[last]
    return order
