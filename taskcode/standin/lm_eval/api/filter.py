from abc import ABC, abstractmethod


class Filter(ABC):
    """Takes the answers of all items and gives others, in the same order."""

    def __init__(self, **kwargs):
        pass

    @abstractmethod
    def apply(self, resps, docs):
        return resps
