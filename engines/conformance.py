#!/usr/bin/env python3
"""Does an engine program keep to the protocol (docs/engines.md)? Asks it as a stranger would, and prints a line for each check.

usage: conformance.py --model PATH [--precision NAME] [--threads N] [--timeout S] [--tolerance X] -- COMMAND...
  --precision   default: fp32 where the program can load it, else the first that it names
  --timeout     seconds within which an answer or event must come (60); a load goes on while it uses the CPU
  --tolerance   how far two computations of one log-likelihood or logit may lie apart: 0.001 for fp32, 0.05 otherwise
Lines are `ok NAME`, `FAIL NAME: what came`, `skip NAME: why`. Exit status: 0 if none failed, 1 if one did, 2 for wrong use.
"""
import argparse
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import conformance_generation as generation  # noqa: E402
import conformance_logits as logits  # noqa: E402
import conformance_sampling as sampling  # noqa: E402
from conformance_client import Broken, Wrong, expect, is_int, numbers, program_path, rows  # noqa: E402
from conformance_session import ABILITIES, TEXTS, Session, Skip  # noqa: E402

RESTARTS = 3


# The checks, in their order. Each takes the session.

def hello(session):
    made = session.ask("hello", protocol=1).good()
    expect(made.get("protocol") == 1 and is_int(made["protocol"]), "`protocol` should be 1", made)
    for name in ("name", "version"):
        expect(isinstance(made.get(name), str) and made[name], f"`{name}` should be a text", made)
    expect(isinstance(made.get("abilities"), list) and set(made["abilities"]) <= set(ABILITIES), f"`abilities` should be some of {ABILITIES}", made)
    expect(isinstance(made.get("precisions"), list) and made["precisions"] and all(isinstance(one, str) for one in made["precisions"]),
           "`precisions` should be names", made)
    packages = made.get("packages")
    expect(isinstance(packages, dict) and all(isinstance(one, str) for one in packages.values()), "`packages` should be name to version", made)
    session.hello = made
    session.precision = session.precision or ("fp32" if "fp32" in made["precisions"] else made["precisions"][0])
    session.tolerance = session.tolerance or (1e-3 if session.precision == "fp32" else 0.05)


def other_version(session):
    made = session.ask("hello", protocol=999)
    if made.error is None:
        expect(made.ok.get("protocol") == 1, "asked for version 999, it should refuse or name its own version, 1", made.ok)


def unknown_request(session):
    session.ask("no_such_request").refused()


def no_json(session):
    session.client.number += 1
    session.client.send_line(b'{"id": 1, "do"\n[]\n"\xff\xfe"\n{"id": %d, "do": "hello", "protocol": 1}\n' % session.client.number)
    session.client.answer("hello", anonymous=True).good()


def before_load(session):
    session.ask("tokenize", texts=["a"], special=False).refused()


def load_refusals(session):
    if session.load(model=session.options.model + "/no/such/model").error is None:
        raise Wrong("a model that is not there was loaded")
    if session.load(precision="no-such-precision").error is None:
        raise Wrong("a precision that is not there was loaded")


def load(session):
    made = session.load().good()
    expect(isinstance(made.get("architecture"), str), "`architecture` should be a text", made)
    for name in ("parameters", "weight_bytes", "vocabulary"):
        expect(is_int(made.get(name)) and made[name] > 0, f"`{name}` should be a count", made)
    for name in ("bos", "eos", "pad"):
        expect(name not in made or (is_int(made[name]) and 0 <= made[name] < made["vocabulary"]), f"`{name}` should be an id, or absent", made)
    for name in ("bos_text", "eos_text", "pad_text", "chat_template"):
        expect(name not in made or isinstance(made[name], str), f"`{name}` should be a text, or absent", made)
    for name in ("context_train", "request_tokens"):
        expect(name not in made or (is_int(made[name]) and made[name] > 0), f"`{name}` should be a count, or absent", made)
    expect(isinstance(made.get("adds_bos", False), bool), "`adds_bos` should be true or false", made)
    expect(not made.get("adds_bos") or "bos" in made, "`adds_bos` without `bos`", made)
    expect(isinstance(made.get("details", {}), dict), "`details` should be an object", made)
    able = made.setdefault("abilities", session.hello["abilities"])
    expect(isinstance(able, list) and able and set(able) <= set(ABILITIES), f"`abilities` should be some of {ABILITIES}", made)
    if {"classify", "tag"} & set(able):
        labels = made.get("labels")
        expect(isinstance(labels, list) and labels and all(isinstance(one, str) for one in labels), "`labels` should be texts", made)
    session.facts = made


def tokenize(session):
    cut = rows(session.ask("tokenize", texts=[*TEXTS, ""], special=False), "tokens", len(TEXTS) + 1)
    for one in cut:
        expect(isinstance(one, list) and all(is_int(token) and 0 <= token < session.facts["vocabulary"] for token in one), "tokens should be ids", one)
    expect(all(cut[:-1]), "a text should give tokens", cut)
    texts = rows(session.ask("detokenize", tokens=cut), "texts", len(cut))
    expect(all(isinstance(one, str) for one in texts), "texts should come back", texts)
    again = rows(session.ask("tokenize", texts=texts, special=False), "tokens", len(cut))
    expect(again == cut, "tokens of the text of tokens should be the same tokens", [cut, again])
    for text, came in zip(TEXTS, texts):
        expect("".join(came.lower().split()) == "".join(text.lower().split()), f"the text of the tokens of {text!r}", came)


def wrap(session):
    plain, wrapped = session.tokens(TEXTS[0]), session.tokens(TEXTS[0], wrap=True)
    inside = any(wrapped[start:start + len(plain)] == plain for start in range(len(wrapped) - len(plain) + 1))
    expect(inside, "with `wrap`, the text's tokens should lie within", [plain, wrapped])


def special(session):
    facts = session.facts
    known = [(facts[f"{name}_text"], facts[name]) for name in ("eos", "bos") if facts.get(name) is not None and facts.get(f"{name}_text")]
    if not known:
        raise Skip("the model names no text of a special token")
    text, token = known[0]
    as_token = rows(session.ask("tokenize", texts=[text], special=True), "tokens", 1)[0]
    expect(token in as_token, f"with `special`, {text!r} should become the token {token}", as_token)
    as_text = session.tokens(text)
    expect(token not in as_text, f"without `special`, {text!r} should not become the token {token}", as_text)
    came = rows(session.ask("detokenize", tokens=[[*session.tokens("a"), token]]), "texts", 1)[0]
    expect(text not in came, "a text should come without special tokens", came)


def memory(session):
    made = session.ask("memory").good()
    for name, value in made.items():
        expect(name not in ("weights_bytes", "kv_bytes", "device_bytes") or (is_int(value) and value >= 0), f"`{name}` should be a count of bytes", made)


def after_an_error(session):
    session.ask("detokenize", tokens=[[session.facts["vocabulary"] + 5]]).refused()
    session.ask("detokenize", tokens="text").refused()
    session.tokens(TEXTS[0])


def end_of_input(session):
    how = session.client.end()
    if how:
        raise Wrong(how)


def of_each(session, ability, name, check):
    """Answers of one sequence are those among others, in their order."""
    session.needs(ability)
    sequences = [session.tokens(one, wrap=True) for one in (TEXTS[0], "A dog", TEXTS[2])]
    made = rows(session.ask(ability, sequences=sequences), name, len(sequences))
    for ids, one in zip(sequences, made):
        check(one, ids)
        alone = rows(session.ask(ability, sequences=[ids]), name, 1)[0]
        for left, right in zip(flat(one), flat(alone)):
            session.near(left, right, f"an answer to `{ability}` alone and among others")
    expect(made[0] != made[1], "different sequences give different answers", made[:2])
    session.ask(ability, sequences=[[]]).refused()


def flat(value):
    return [number for one in value for number in flat(one)] if isinstance(value, list) else [value]


def classify(session):
    of_each(session, "classify", "logits", lambda one, ids: numbers(one, len(session.facts["labels"]), "logits"))


def tag(session):
    def check(one, ids):
        expect(isinstance(one, list) and len(one) == len(ids), f"a list for each of {len(ids)} tokens", one)
        for token in one:
            numbers(token, len(session.facts["labels"]), "logits of a token")

    of_each(session, "tag", "logits", check)


def embed(session):
    widths = set()

    def check(one, ids):
        expect(isinstance(one, list) and one, "a vector should be numbers", one)
        numbers(one, len(one), "a vector")
        widths.add(len(one))

    of_each(session, "embed", "vectors", check)
    expect(len(widths) == 1, "vectors should be equally long", sorted(widths))


CHECKS = [hello, other_version, unknown_request, no_json, before_load, load_refusals, load, tokenize, wrap, special,
          *generation.CHECKS, *sampling.CHECKS, classify, tag, embed, memory, *logits.CHECKS, after_an_error, end_of_input]
BEFORE_LOAD = (hello, other_version, unknown_request, no_json, before_load, load_refusals, load)


def run(session):
    """Prints a line for each check; how many came out how."""
    counts = {"ok": 0, "FAIL": 0, "skip": 0}
    for check in CHECKS:
        how, why = outcome(session, check)
        counts[how] += 1
        print(f"{how} {check.__name__}" + (f": {why}" if why else ""), flush=True)
        if how == "FAIL" and (check in (hello, load) or session.starts > RESTARTS):
            print("no further checks: " + ("the model is not loaded" if check is load else "the program does not get so far"), flush=True)
            break
    return counts


def outcome(session, check):
    try:
        if check not in BEFORE_LOAD:
            session.ready()
        elif session.client is None:
            session.start()
        check(session)
        return "ok", ""
    except Skip as reason:
        return "skip", str(reason)
    except Wrong as reason:
        return "FAIL", str(reason)
    except Broken as reason:
        session.stop()
        return "FAIL", str(reason)


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("\n")[0])
    parser.add_argument("--model", required=True)
    parser.add_argument("--precision")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--timeout", type=float, default=60)
    parser.add_argument("--tolerance", type=float)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    options.command = program_path(options.command)
    session = Session(options)
    try:
        counts = run(session)
    except OSError as error:
        print(f"conformance: {options.command[0]} cannot be started: {error}", file=sys.stderr)
        sys.exit(2)
    finally:
        session.stop()
    print(f"{counts['ok']} ok, {counts['FAIL']} failed, {counts['skip']} skipped")
    sys.exit(1 if counts["FAIL"] else 0)


if __name__ == "__main__":
    main()
