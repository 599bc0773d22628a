import re

from lm_eval.api.filter import Filter
from lm_eval.api.registry import register_filter


@register_filter("regex")
class RegexFilter(Filter):
    """The match number `group_select` of a pattern in each answer, else `fallback`."""

    def __init__(self, regex_pattern=r"#### (\-?[0-9\.\,]+)", group_select=0, fallback="[invalid]"):
        self.regex_pattern, self.group_select, self.fallback = regex_pattern, group_select, fallback
        self.regex = re.compile(regex_pattern)

    def apply(self, resps, docs):
        return [[self.found(one) for one in answers] for answers in resps]

    def found(self, text):
        matches = self.regex.findall(text if isinstance(text, str) else "")
        if not matches:
            return self.fallback
        chosen = matches[self.group_select]
        if isinstance(chosen, tuple):  # several groups: the first that is not empty
            chosen = next((group for group in chosen if group), self.fallback)
        return chosen.strip()
