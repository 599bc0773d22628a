"""The types of columns, as the package `datasets` 5.2 gives them to values that task code makes.

A kind: None (only nulls so far), "bool", "int", "float", "str", "bytes", "time", ("list", kind), ("map", {key: kind}), or "json"
for values that have no common type and stay as they are.
"""
import datetime
import json
import math
import re

TIMES = (datetime.datetime, datetime.date, datetime.time, datetime.timedelta)
WHOLE, TRUE, FALSE = re.compile(r"-?\d+"), {"true", "1"}, {"false", "0"}


class ArrowInvalid(ValueError):
    """Values without a common type where one is needed."""


def plain(value):
    """A value of task code in the types that a data set holds; tuples and sets are lists."""
    if value is None or isinstance(value, (bool, str, bytes, *TIMES)):
        if isinstance(value, str):
            value.encode("utf-8")  # a lone surrogate fails, as there
        return value
    if isinstance(value, int):
        if not -2**63 <= value < 2**63:
            raise OverflowError("Python int too large to convert to C long")
        return int(value)
    if isinstance(value, float):
        return float(value)
    if hasattr(value, "keys") and hasattr(value, "__getitem__"):
        return {key if isinstance(key, str) else str(key): plain(value[key]) for key in value.keys()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(one) for one in value]
    if type(value).__module__.split(".")[0] == "numpy":
        return plain(value.item() if value.shape == () else value.tolist())
    if hasattr(value, "__iter__") and hasattr(value, "__len__"):
        return [plain(one) for one in value]
    raise ArrowInvalid(f"Could not convert {value!r} with type {type(value).__name__}")


def kind_of(value, strict):
    if value is None:
        return None
    if isinstance(value, bool):
        return "bool"
    for kind, types in (("int", int), ("float", float), ("str", str), ("bytes", bytes), ("time", TIMES)):
        if isinstance(value, types):
            return kind
    if isinstance(value, dict):
        return ("map", {key: kind_of(one, strict) for key, one in value.items()}) if value or strict else "json"
    return ("list", kind_of_all(value, strict))


def kind_of_all(values, strict):
    kind = None
    for value in values:
        kind = common(kind, kind_of(value, strict), strict)
    return kind


def common(left, right, strict):
    """The kind of values of both kinds. Strict: ArrowInvalid where there is none, and maps get each other's keys."""
    if left is None or right is None or left == right:
        return right if left is None else left
    if {left, right} == {"int", "float"} if isinstance(left, str) and isinstance(right, str) else False:
        return "float"
    if "json" in (left, right):
        return "json"
    if isinstance(left, tuple) and isinstance(right, tuple) and left[0] == right[0]:
        if left[0] == "list":
            return ("list", common(left[1], right[1], strict))
        if strict or set(left[1]) == set(right[1]):
            return ("map", {key: common(left[1].get(key), right[1].get(key), strict) for key in {**left[1], **right[1]}})
        return "json"
    if strict:
        raise ArrowInvalid(f"Could not convert values of types {shown(left)} and {shown(right)} to one type")
    return "json"


def shown(kind):
    return kind[0] if isinstance(kind, tuple) else str(kind)


def as_kind(value, kind, mixed=True):
    """A value as it is read back from a column of this kind."""
    if value is None:
        return None
    if kind == "float" and isinstance(value, int):
        return float(value)
    if kind == "json":
        return of_json(value) if mixed else value
    if isinstance(kind, tuple) and kind[0] == "list":
        return [as_kind(one, kind[1]) for one in value]
    if isinstance(kind, tuple):
        return {key: as_kind(value.get(key), inner) for key, inner in kind[1].items()}
    return value


def of_json(value):
    """Among mixed values a text that is JSON becomes what it says."""
    if isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def column(values, before=None):
    """Values of a column as they are read back. `before`: the column's kind where there was one, which they keep if they can."""
    made = [plain(one) for one in values]
    if before in (None, "json"):
        kind = kind_of_all(made, strict=False)
        scalars = kind == "json" and not all(one is None or isinstance(one, dict) for one in made)
        return [as_kind(one, kind, scalars) for one in made]
    kind = kind_of_all(made, strict=True)
    made = [as_kind(one, kind) for one in made]
    try:
        return [cast(one, kind, before) for one in made]
    except ValueError:
        return made


def strict_column(values):
    made = [plain(one) for one in values]
    kind = kind_of_all(made, strict=True)
    return [as_kind(one, kind) for one in made]


def cast(value, kind, wanted):
    """`value` in the column's former kind; ValueError where that loses something."""
    if value is None or wanted is None or kind == wanted:
        return value
    if isinstance(wanted, tuple) and isinstance(kind, tuple) and wanted[0] == kind[0]:
        if wanted[0] == "list":
            return [cast(one, kind[1], wanted[1]) for one in value]
        if set(kind[1]) - set(wanted[1]):
            raise ValueError
        return {key: cast(value.get(key), kind[1].get(key), inner) for key, inner in wanted[1].items()}
    if isinstance(value, (list, dict)) or isinstance(wanted, tuple) or wanted in ("str", "bytes", "time", "json"):
        raise ValueError
    return cast_scalar(value, wanted)


def cast_scalar(value, wanted):
    if wanted == "int":
        if isinstance(value, str) and not WHOLE.fullmatch(value):
            raise ValueError
        if isinstance(value, float) and (not math.isfinite(value) or value != int(value)):
            raise ValueError
        return int(value)
    if wanted == "float":
        if isinstance(value, str) and value != value.strip() or isinstance(value, bool):
            raise ValueError
        return float(value)
    if isinstance(value, str):
        if value.lower() not in TRUE | FALSE:
            raise ValueError
        return value.lower() in TRUE
    return bool(value)
