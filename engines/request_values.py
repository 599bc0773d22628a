"""What the values of a request must be (docs/engines.md); errors that name what is at fault."""
import sys

LARGEST_SEED = (1 << 53) - 1


class Failed(Exception):
    """What could not be done; the text says what happened, to what, and what to do."""


class BadInput(Failed):
    """The request itself is at fault."""


class Options:
    """Named values."""

    def __init__(self, **values):
        self.__dict__.update(values)


def is_count(value):
    return isinstance(value, int) and not isinstance(value, bool)


def member(request, name, kind, default=None):
    """A member of a type; the default where it is absent or null; BadInput where there is none either."""
    value = request.get(name)
    if value is None:
        if default is None:
            raise BadInput(f"the request has no member {name!r}")
        return default
    if not (is_count(value) if kind is int else isinstance(value, kind)):
        raise BadInput(f"the member {name!r} is of type {type(value).__name__}, {kind.__name__} is expected")
    return value


def positive(request, name):
    value = member(request, name, int)
    if value < 1:
        raise BadInput(f"the member {name!r} is {value}, a number above 0 is expected")
    return value


def checked_text(text, what):
    if not isinstance(text, str):
        raise BadInput(f"{what} is of type {type(text).__name__}, a text is expected")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadInput(f"{what} holds half of a surrogate pair, which is no text") from None
    return text


def checked_ids(ids, vocabulary, what):
    if not isinstance(ids, list) or not all(is_count(one) for one in ids):
        raise BadInput(f"{what} is no list of token ids")
    if ids and not (0 <= min(ids) and max(ids) < vocabulary):
        raise BadInput(f"{what} has a token outside the vocabulary of {vocabulary}")
    return ids


def checked_sampling(value):
    """The Options of an object `sampling`."""
    if not isinstance(value, dict):
        raise BadInput("the member 'sampling' is no object")
    number = {name: value.get(name) for name in ("temperature", "top_p", "min_p")}
    for name, one in number.items():
        if isinstance(one, bool) or not isinstance(one, (int, float)) or not abs(one) <= sys.float_info.max:
            raise BadInput(f"{name!r} of 'sampling' is no number")
    if number["temperature"] <= 0:
        raise BadInput(f"'temperature' of 'sampling' is {number['temperature']}, a number above 0 is expected")
    for name in ("top_p", "min_p"):
        if not 0 <= number[name] <= 1:
            raise BadInput(f"{name!r} of 'sampling' is {number[name]}, a number from 0 to 1 is expected")
    top_k = value.get("top_k")
    if not is_count(top_k) or top_k < 0:
        raise BadInput("'top_k' of 'sampling' is no whole number from 0 on")
    return Options(top_k=top_k, **{name: float(one) for name, one in number.items()})


def checked_seed(value, what):
    if not is_count(value) or not 0 <= value <= LARGEST_SEED:
        raise BadInput(f"{what} is no whole number from 0 to {LARGEST_SEED}")
    return value
