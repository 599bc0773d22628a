"""Exact match and F1 of words, after the evaluation of SQuAD 1.1."""
import collections
import re
import string

PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalize_answer(s):
    """Lower case, without punctuation, articles and extra blanks."""
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", s.lower().translate(PUNCTUATION)).split())


def get_tokens(s):
    return normalize_answer(s).split() if s else []


def compute_exact(a_gold, a_pred):
    return int(normalize_answer(a_gold) == normalize_answer(a_pred))


def compute_f1(a_gold, a_pred):
    gold, given = get_tokens(a_gold), get_tokens(a_pred)
    if not gold or not given:
        return int(gold == given)
    same = sum((collections.Counter(gold) & collections.Counter(given)).values())
    if same == 0:
        return 0
    precision, recall = same / len(given), same / len(gold)
    return 2 * precision * recall / (precision + recall)
