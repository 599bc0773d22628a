"""Values of task code as JSON and back. What JSON cannot say is an object with one key that begins with `$` (PROTOCOL.md)."""
import base64
import datetime
import math

DEEPEST = 200


class NotJson(Exception):
    """A value that has no form in the protocol."""


def encode(value, depth=0):
    """`value` in JSON's types; NotJson where that is not possible."""
    if depth > DEEPEST:
        raise NotJson(f"a value is nested deeper than {DEEPEST} levels")
    if value is None or value is True or value is False:
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        return int(value) if -2**63 <= value < 2**63 else {"$int": str(int(value))}
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {"$float": repr(float(value))}
    if isinstance(value, tuple):
        return {"$tuple": [encode(one, depth + 1) for one in value]}
    if isinstance(value, list):
        return [encode(one, depth + 1) for one in value]
    if isinstance(value, (set, frozenset)):
        return {"$set": [encode(one, depth + 1) for one in sorted(value, key=lambda one: (type(one).__name__, repr(one)))]}
    if isinstance(value, (bytes, bytearray)):
        return {"$bytes": base64.b64encode(bytes(value)).decode()}
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return {"$time": str(value)}
    if hasattr(value, "keys") and hasattr(value, "__getitem__"):
        return encode_map(value, depth)
    if type(value).__module__.split(".")[0] == "numpy":
        return encode_numpy(value, depth)
    if hasattr(value, "__iter__") and hasattr(value, "__len__"):  # a column, dict views
        return [encode(one, depth + 1) for one in value]
    raise NotJson(f"a value of type {type(value).__name__} cannot be passed on")


def encode_map(value, depth):
    keys = list(value.keys())
    plain = all(isinstance(key, str) for key in keys) and not (len(keys) == 1 and keys[0].startswith("$"))
    if plain:
        return {str(key): encode(value[key], depth + 1) for key in keys}
    return {"$map": [[encode(key, depth + 1), encode(value[key], depth + 1)] for key in keys]}


def encode_numpy(value, depth):
    if hasattr(value, "shape") and value.shape == ():
        return encode(value.item(), depth + 1)
    if hasattr(value, "tolist"):
        return {"$array": encode(value.tolist(), depth + 1)}
    raise NotJson(f"a value of type {type(value).__name__} cannot be passed on")


def decode(value):
    """The inverse; an `$array` becomes a list."""
    if isinstance(value, list):
        return [decode(one) for one in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        mark, inner = next(iter(value.items()))
        if mark in MARKS:
            return MARKS[mark](inner)
    return {key: decode(one) for key, one in value.items()}


MARKS = {
    "$tuple": lambda inner: tuple(decode(one) for one in inner),
    "$set": lambda inner: {decode(one) for one in inner},
    "$float": float,
    "$int": int,
    "$bytes": base64.b64decode,
    "$time": str,
    "$array": decode,
    "$map": lambda inner: {decode(key): decode(one) for key, one in inner},
}
