"""Bars of progress that show nothing."""


class tqdm:  # noqa: N801
    def __init__(self, iterable=None, *arguments, **options):
        self.iterable, self.total, self.n = iterable, options.get("total"), 0

    def __iter__(self):
        return iter(self.iterable)

    def __len__(self):
        return len(self.iterable)

    def __enter__(self):
        return self

    def __exit__(self, *reason):
        return None

    def nothing(self, *arguments, **options):
        return None

    update = close = refresh = set_description = set_postfix = reset = clear = nothing
    write = staticmethod(lambda *arguments, **options: None)


def trange(*arguments, **options):
    return tqdm(range(*arguments), **options)

