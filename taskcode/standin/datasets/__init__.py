"""What task files use of the package `datasets` 5.2, written from its behaviour, on lists of rows in memory."""
import collections.abc
import enum

from .kinds import ArrowInvalid, column, kind_of_all, strict_column
from .pcg64 import permutation

__version__ = "5.2.0"
__all__ = ["ArrowInvalid", "Dataset", "DatasetDict", "Split", "concatenate_datasets", "load_dataset"]


def copied(value):
    """Rows that are read are new objects each time."""
    if isinstance(value, list):
        return [copied(one) for one in value]
    if isinstance(value, dict):
        return {key: copied(one) for key, one in value.items()}
    return value


class LazyRow(collections.abc.MutableMapping):
    """A row, or a batch of them, as functions given to map and filter get it: a mapping, no dict."""

    def __init__(self, data):
        self.data = data

    def __getitem__(self, key):
        return self.data[key]

    def __setitem__(self, key, value):
        self.data[key] = value

    def __delitem__(self, key):
        del self.data[key]

    def __iter__(self):
        return iter(self.data)

    def __len__(self):
        return len(self.data)

    def __contains__(self, key):
        return key in self.data

    def __repr__(self):
        return repr(self.data)

    def __or__(self, other):
        return LazyRow({**self.data, **dict(other)})

    def __ror__(self, other):
        return LazyRow({**dict(other), **self.data})

    def copy(self):
        return LazyRow(dict(self.data))

    __copy__ = copy


class LazyBatch(LazyRow):
    pass


class Column(collections.abc.Sequence):
    def __init__(self, values):
        self.values = values

    def __getitem__(self, key):
        if isinstance(key, str):
            return Column([one[key] for one in self.values])
        if isinstance(key, slice):
            return copied(self.values[key])
        if hasattr(key, "__iter__"):
            return [copied(self.values[place]) for place in key]
        return copied(self.values[key])

    def __len__(self):
        return len(self.values)

    def __iter__(self):
        return (copied(one) for one in self.values)

    def __repr__(self):
        return f"Column({self.values!r})"

    def __eq__(self, other):
        return list(self) == list(other) if isinstance(other, (list, Column)) else NotImplemented


class Features(dict):
    pass


class Value:
    def __init__(self, dtype=None, **options):
        self.dtype = dtype


class Sequence:
    def __init__(self, feature=None, **options):
        self.feature = feature


class Image(Value):
    pass


class Split(enum.StrEnum):
    TRAIN, TEST, VALIDATION = "train", "test", "validation"


class Dataset:
    """Rows of the same columns."""

    def __init__(self, rows, names):
        self._rows, self._names = rows, list(names)

    # Making one.

    @classmethod
    def of_rows(cls, rows):
        """Rows as they are; the first names the columns."""
        names = list(rows[0]) if rows else []
        return cls([{name: one.get(name) for name in names} for one in rows], names)

    @classmethod
    def from_list(cls, mapping, features=None, info=None, split=None, on_mixed_types=None):
        mapping = list(mapping)
        names = list(mapping[0]) if mapping else []
        return cls.from_dict({name: [one.get(name) for one in mapping] for name in names}, on_mixed_types=on_mixed_types)

    @classmethod
    def from_dict(cls, mapping, features=None, info=None, split=None, on_mixed_types=None):
        made = column if on_mixed_types else strict_column
        columns = {name: made(values) for name, values in mapping.items()}
        if len({len(values) for values in columns.values()}) > 1:
            raise ArrowInvalid("columns of different lengths")
        return cls([dict(zip(columns, values)) for values in zip(*columns.values())], columns)

    @classmethod
    def from_pandas(cls, df, features=None, info=None, split=None, preserve_index=None):
        rows = df.to_dict("records")
        return cls.from_dict({str(name): [None if one[name] != one[name] else one[name] for one in rows] for name in df.columns})

    @classmethod
    def from_generator(cls, generator, features=None, gen_kwargs=None, **options):
        return cls.from_list(list(generator(**(gen_kwargs or {}))), on_mixed_types="use_json")

    # Reading.

    @property
    def column_names(self):
        return list(self._names)

    @property
    def features(self):
        return Features({name: Value() for name in self._names})

    @property
    def num_rows(self):
        return len(self._rows)

    @property
    def num_columns(self):
        return len(self._names)

    @property
    def shape(self):
        return len(self._rows), len(self._names)

    def __len__(self):
        return len(self._rows)

    def __iter__(self):
        return (copied(one) for one in self._rows)

    def __getitem__(self, key):
        if isinstance(key, str):
            if key not in self._names:
                raise ValueError(f"Column '{key}' doesn't exist.")
            return Column([one[key] for one in self._rows])
        if isinstance(key, slice):
            return self._columns(self._rows[key])
        if hasattr(key, "__iter__"):
            return self._columns([self._rows[place] for place in key])
        if not -len(self._rows) <= key < len(self._rows):
            raise IndexError(f"Invalid key: {key} is out of bounds for size {len(self._rows)}")
        return copied(self._rows[key])

    def _columns(self, rows):
        return {name: [copied(one[name]) for one in rows] for name in self._names}

    def __repr__(self):
        return f"Dataset({{\n    features: {self._names},\n    num_rows: {len(self._rows)}\n}})"

    def to_dict(self, batch_size=None):
        return self._columns(self._rows)

    def to_list(self):
        return list(self)

    def to_pandas(self, **options):
        import pandas

        return pandas.DataFrame(self._columns(self._rows), columns=self._names)

    def iter(self, batch_size, drop_last_batch=False):
        for start in range(0, len(self._rows), batch_size):
            rows = self._rows[start:start + batch_size]
            if len(rows) == batch_size or not drop_last_batch:
                yield self._columns(rows)

    def unique(self, column):
        return list(dict.fromkeys(one[column] for one in self._rows))

    # Others made of it.

    def _with(self, rows):
        return Dataset(rows, self._names)

    def map(self, function=None, with_indices=False, with_rank=False, input_columns=None, batched=False, batch_size=1000,
            drop_last_batch=False, remove_columns=None, fn_kwargs=None, **options):
        if not self._rows or function is None:
            return self
        removed = [remove_columns] if isinstance(remove_columns, str) else list(remove_columns or [])
        for name in removed:
            self._known(name)
        asked = [input_columns] if isinstance(input_columns, str) else input_columns
        made, updated = [], None
        size = (len(self._rows) if not batch_size or batch_size <= 0 else batch_size) if batched else 1
        for start in range(0, len(self._rows), size):
            rows = self._rows[start:start + size]
            if batched and drop_last_batch and len(rows) < size:
                break
            data = self._columns(rows) if batched else copied(rows[0])
            given = (LazyBatch if batched else LazyRow)(data)
            arguments = [data[name] for name in asked] if asked else [given]
            places = list(range(start, start + len(rows))) if batched else start
            arguments += ([places] if with_indices else []) + ([0] if with_rank else [])
            result = function(*arguments, **(fn_kwargs or {}))
            if result is not None and not isinstance(result, collections.abc.Mapping):
                raise TypeError(f"Provided `function` which is applied to all elements of table returns a variable of type {type(result)}. "
                                "Make sure provided `function` returns a variable of type `dict` to update the dataset")
            updated = result is not None
            if updated and start and not made:
                raise AttributeError("the function gave None for the first row and values for a later one")
            if updated:
                made.append(self._merged(data, result, removed))
        if not updated:
            return self
        return self._written(made, batched)

    @staticmethod
    def _merged(data, result, removed):
        lazy = isinstance(result, LazyRow)
        kept = {name: value for name, value in data.items() if name not in removed}
        new = {name: value for name, value in result.items() if not (lazy and name in removed)}
        return {**kept, **new}

    def _written(self, made, batched):
        """Rows of what the function gave: the first result names the columns, known ones first."""
        names = [name for name in self._names if name in made[0]] + [name for name in made[0] if name not in self._names]
        columns = {}
        for name in names:
            values = [value for one in made for value in one[name]] if batched else [one[name] for one in made]
            before = kind_of_all([one[name] for one in self._rows], strict=False) if name in self._names else None
            columns[name] = column(values, before)
        if len({len(values) for values in columns.values()}) > 1:
            raise ArrowInvalid("columns of different lengths")
        return Dataset([dict(zip(columns, values)) for values in zip(*columns.values())], names)

    def filter(self, function=None, with_indices=False, with_rank=False, input_columns=None, batched=False, batch_size=1000,
               fn_kwargs=None, **options):
        asked = [input_columns] if isinstance(input_columns, str) else input_columns
        more = fn_kwargs or {}

        def arguments(data, given, places):
            return ([data[name] for name in asked] if asked else [given]) + ([places] if with_indices else []) + ([0] if with_rank else [])

        if batched:
            kept = []
            for start in range(0, len(self._rows), batch_size):
                rows = self._rows[start:start + batch_size]
                data, places = self._columns(rows), list(range(start, start + len(rows)))
                kept += [row for row, keep in zip(rows, function(*arguments(data, LazyBatch(data), places), **more)) if keep]
            return self._with(kept)
        kept = []
        for place, row in enumerate(self._rows):
            data = copied(row)
            if function(*arguments(data, LazyRow(data), place), **more):
                kept.append(row)
        return self._with(kept)

    def select(self, indices, **options):
        places = list(indices)
        for place in places:
            if not -len(self._rows) <= place < len(self._rows):
                raise IndexError(f"Index {place} out of range for dataset of size {len(self._rows)}.")
        return self._with([self._rows[place] for place in places])

    def take(self, n):
        return self._with(self._rows[:n])

    def skip(self, n):
        return self._with(self._rows[n:])

    def shard(self, num_shards, index, contiguous=True, **options):
        if not contiguous:
            return self._with(self._rows[index::num_shards])
        size, more = divmod(len(self._rows), num_shards)
        start = size * index + min(index, more)
        return self._with(self._rows[start:start + size + (index < more)])

    def shuffle(self, seed=None, generator=None, **options):
        if generator is not None:
            order = generator.permutation(len(self._rows))
        elif seed is None or not isinstance(seed, int):
            refuse("Dataset.shuffle without a seed that is a number has another order each time")
        else:
            order = permutation(seed, len(self._rows))
        return self._with([self._rows[place] for place in order])

    def sort(self, column_names, reverse=False, **options):
        names = [column_names] if isinstance(column_names, str) else list(column_names)
        flags = [reverse] * len(names) if isinstance(reverse, bool) else list(reverse)
        rows = list(self._rows)
        for name, flag in reversed(list(zip(names, flags))):
            self._known(name)
            filled = [one for one in rows if one[name] is not None]
            filled = sorted(filled, key=lambda one: one[name], reverse=flag)
            rows = filled + [one for one in rows if one[name] is None]
        return self._with(rows)

    def _known(self, name):
        if name not in self._names:
            raise ValueError(f"Column '{name}' is not among the dataset's columns: {self._names}")

    def rename_column(self, original_column_name, new_column_name, **options):
        return self.rename_columns({original_column_name: new_column_name})

    def rename_columns(self, column_mapping, **options):
        for name in column_mapping:
            self._known(name)
        names = [column_mapping.get(name, name) for name in self._names]
        if len(set(names)) < len(names):
            raise ValueError("New column names must all be different")
        return Dataset([dict(zip(names, (one[name] for name in self._names))) for one in self._rows], names)

    def remove_columns(self, column_names, **options):
        names = [column_names] if isinstance(column_names, str) else list(column_names)
        for name in names:
            self._known(name)
        return self.select_columns([name for name in self._names if name not in names])

    def select_columns(self, column_names, **options):
        names = [column_names] if isinstance(column_names, str) else list(column_names)
        for name in names:
            self._known(name)
        return Dataset([{name: one[name] for name in names} for one in self._rows], names)

    def add_column(self, name, column, **options):
        if name in self._names:
            raise ValueError(f"Column names must be different: '{name}' is there already")
        values = strict_column(column)
        if self._rows and len(values) != len(self._rows):
            raise ArrowInvalid(f"Added column's length must match table's length. Expected {len(self._rows)} but got {len(values)}")
        return Dataset([{**row, name: value} for row, value in zip(self._rows or [{}] * len(values), values)], [*self._names, name])

    def add_item(self, item, **options):
        return concatenate_datasets([self, Dataset.from_list([item])])

    def train_test_split(self, test_size=None, train_size=None, shuffle=True, seed=None, **options):
        count = len(self._rows)
        if test_size is None and train_size is None:
            test_size = 0.25
        test = test_size if test_size is None or isinstance(test_size, int) else ceiling(test_size * count)
        train = count - test if train_size is None else train_size if isinstance(train_size, int) else int(train_size * count)
        test = count - train if test is None else test
        if shuffle and not isinstance(seed, int):
            refuse("train_test_split without a seed that is a number gives other rows each time")
        order = permutation(seed, count) if shuffle else None
        if order is None:
            return DatasetDict(train=self._with(self._rows[:train]), test=self._with(self._rows[train:train + test]))
        return DatasetDict(train=self.select(order[test:test + train]), test=self.select(order[:test]))

    def flatten_indices(self, *arguments, **options):
        return self

    def with_format(self, type=None, **options):
        if type not in (None, "python"):
            refuse(f"Dataset.with_format({type!r}) needs the package datasets")
        return self

    set_format = reset_format = with_format

    def cast(self, *arguments, **options):
        refuse("Dataset.cast needs the package datasets")

    cast_column = class_encode_column = cast


class IterableDataset:
    """For checks of types only; there are none here."""


class DatasetDict(dict):
    def _each(self, name, arguments, options):
        return DatasetDict({split: getattr(one, name)(*arguments, **options) for split, one in self.items()})

    @property
    def column_names(self):
        return {split: one.column_names for split, one in self.items()}


def _spread(name):
    def method(self, *arguments, **options):
        return self._each(name, arguments, options)

    setattr(DatasetDict, name, method)


for _name in ("map", "filter", "shuffle", "select_columns", "remove_columns", "rename_column", "rename_columns", "sort"):
    _spread(_name)


def ceiling(number):
    return int(number) + (number > int(number))


def concatenate_datasets(dsets, info=None, split=None, axis=0):
    parts = [one for one in dsets if len(one) or one.column_names]
    if axis == 1:
        names = [name for one in parts for name in one.column_names]
        return Dataset([{name: value for row in rows for name, value in row.items()} for rows in zip(*(one._rows for one in parts))], names)
    names = list(dict.fromkeys(name for one in parts for name in one.column_names))
    columns = {name: strict_column([row.get(name) for one in parts for row in one._rows]) for name in names}
    return Dataset([dict(zip(columns, values)) for values in zip(*columns.values())], names)


def refuse(text):
    from loading import Refused

    raise Refused(text)


def load_dataset(path=None, name=None, *arguments, **options):
    refuse(f"load_dataset({', '.join(repr(one) for one in (path, name) if one)}) would read data from elsewhere; task code gets the rows "
           "that the task file names, and no others")


def load_metric(path=None, *arguments, **options):
    refuse(f"load_metric({path!r}) needs the package datasets and a download")


def get_dataset_config_names(path=None, *arguments, **options):
    refuse(f"get_dataset_config_names({path!r}) would ask the hub")


get_dataset_infos = get_dataset_split_names = load_from_disk = load_dataset


def disable_progress_bars():
    pass


disable_progress_bar = disable_caching = enable_progress_bars = disable_progress_bars
