#!/usr/bin/env python3
"""Race the text metrics against the Python packages whose scores they equal, one thread, in turn.

usage: text_metrics.py [--repeats N] [--build FOLDER] [--venv FOLDER] ROWS

ROWS is a folder with rouge.jsonl, sacrebleu_corpus.jsonl and meteor.jsonl. Builds bench_text_metrics (a Release build
without llama.cpp), installs the pinned packages into a virtual environment, and runs every measurement on both sides in
turn. Prints median CPU seconds of a pass, their ratio (Python's / ours), and whether both sides' scores sum to the same.
Caches of the packages are emptied before each pass, so that a repeated text costs both sides the same. Exit status 1 when a
bound is missed: 50 times for ROUGE, chrF, TER and METEOR together, 10 times for each BLEU.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ["rouge_score==0.1.2", "sacrebleu==2.6.0", "nltk==3.10.4"]
TOGETHER = ["rouge stemmed", "chrf", "ter", "meteor"]
TOGETHER_BOUND = 50
BLEU_BOUND = 10
WORDNET = Path("/usr/share/wordnet")


def build(folder: Path) -> Path:
    if not (folder / "build.ninja").exists():
        subprocess.run(["cmake", "-S", ROOT, "-B", folder, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DBANTAM_LLAMA=OFF",
                        "-DBANTAM_TESTS=OFF"], check=True, stdout=sys.stderr)
    subprocess.run(["cmake", "--build", folder, "--target", "bench_text_metrics"], check=True, stdout=sys.stderr)
    return folder / "bench" / "bench_text_metrics"


def enter_venv(folder: Path) -> None:
    """Starts this script again under a Python that has the packages."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *PACKAGES], check=True)
    os.execv(python, [str(python), str(Path(__file__).resolve()), *sys.argv[1:], "--inside"])


class Ours:
    def __init__(self, program: Path, rows: str):
        folder = [str(WORDNET)] if WORDNET.exists() else []
        self.process = subprocess.Popen([program, rows, *folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, name: str):
        self.process.stdin.write(name + "\n")
        self.process.stdin.flush()
        seconds, checksum = self.process.stdout.readline().split()
        return float(seconds), float(checksum)


def read(path: Path):
    with open(path, encoding="utf-8", newline="\n") as file:
        return [json.loads(line) for line in file]


def wordnet_reader(folder: str):
    """nltk's reader on the dictionary files; it wants two more, whose content does not matter for synonyms."""
    import warnings
    import nltk
    from nltk.corpus.reader.wordnet import WordNetCorpusReader
    warnings.simplefilter("ignore")
    nltk.data.path = [folder]  # nltk reads from such folders only
    return WordNetCorpusReader(f"{folder}/corpora/wordnet", None)


def wordnet_folder(parent: str) -> str:
    folder = Path(parent) / "corpora" / "wordnet"
    shutil.copytree(WORDNET, folder)
    (folder / "lexnames").write_text("".join(f"{i:02d}\tfile{i}\t1\n" for i in range(45)))
    (folder / "index.sense").write_text("")
    return parent


def empty_caches() -> None:
    from sacrebleu.tokenizers import tokenizer_13a, tokenizer_intl, tokenizer_re, tokenizer_char, tokenizer_ter
    for kind in (tokenizer_13a.Tokenizer13a, tokenizer_re.TokenizerRegexp, tokenizer_intl.TokenizerV14International,
                 tokenizer_char.TokenizerChar, tokenizer_ter.TercomTokenizer):
        kind.__call__.cache_clear()


def theirs(rows: Path, wordnet: str) -> dict:
    """Name -> a pair: what is made anew, uncounted, before each pass, and the pass, which gives the sum of its scores."""
    from nltk import word_tokenize
    from nltk.translate.meteor_score import meteor_score
    from rouge_score import rouge_scorer
    from sacrebleu.metrics import BLEU, CHRF, TER

    sentences = read(rows / "rouge.jsonl")
    corpora = read(rows / "sacrebleu_corpus.jsonl")
    split = [row for row in read(rows / "meteor.jsonl") if row["tokenizer"] == "split"]
    types = ["rouge1", "rouge2", "rougeL", "rougeLsum"]

    class NoSynonyms:
        @staticmethod
        def synsets(_):
            return []

    def rouge(stem):
        scorer = rouge_scorer.RougeScorer(types, use_stemmer=stem)
        return lambda _: sum(score.fmeasure for row in sentences
                             for score in scorer.score(row["references"][0], row["prediction"]).values())

    def sentence(make):
        metric = make()
        return lambda _: sum(metric.sentence_score(row["prediction"], row["references"]).score for row in sentences)

    def corpus(make):
        metric = make()
        return lambda _: sum(metric.corpus_score(row["hypotheses"], row["references"]).score for row in corpora)

    def meteor(reader):
        return sum(meteor_score(row["reference_tokens"], row["prediction_tokens"], wordnet=reader) for row in split)

    def words(_):
        return sum(len(word_tokenize(text, preserve_line=True)) for row in sentences
                   for text in [row["prediction"], *row["references"]])

    fresh = empty_caches
    all_of = {"rouge stemmed": (fresh, rouge(True)), "rouge": (fresh, rouge(False))}
    for name in ("13a", "intl", "char"):
        all_of["bleu " + name] = (fresh, sentence(lambda: BLEU(tokenize=name, effective_order=True)))
        all_of["corpus bleu " + name] = (fresh, corpus(lambda: BLEU(tokenize=name, force=True)))
    for name, order in (("chrf", 0), ("chrf++", 2)):
        all_of[name] = (fresh, sentence(lambda: CHRF(word_order=order)))
        all_of["corpus " + name] = (fresh, corpus(lambda: CHRF(word_order=order)))
    all_of["ter"] = (fresh, sentence(TER))
    all_of["corpus ter"] = (fresh, corpus(TER))
    all_of["meteor without synonyms"] = (NoSynonyms, meteor)
    if wordnet:
        all_of["meteor"] = (lambda: wordnet_reader(wordnet), meteor)
        all_of["load wordnet"] = (lambda: None, lambda _: 1.0 if wordnet_reader(wordnet) else 0.0)
    all_of["nltk words"] = (lambda: None, words)
    return all_of


def race(ours: Ours, packages: dict, repeats: int) -> dict:
    medians = {}
    print(f"{'measurement':26}{'python s':>12}{'ours s':>12}{'ratio':>9}  scores")
    for name, (prepare, one_pass) in packages.items():
        python_s, ours_s = [], []
        for _ in range(repeats):
            state = prepare()
            start = time.process_time()
            python_sum = one_pass(state)
            python_s.append(time.process_time() - start)
            seconds, our_sum = ours.run(name)
            ours_s.append(seconds)
        pair = statistics.median(python_s), statistics.median(ours_s)
        medians[name] = pair
        same = abs(python_sum - our_sum) <= 1e-8 * max(1.0, abs(python_sum))
        print(f"{name:26}{pair[0]:12.4f}{pair[1]:12.6f}{pair[0] / pair[1]:9.1f}  {'equal' if same else 'DIFFER'}", flush=True)
    return medians


def verdict(medians: dict) -> int:
    missed = 0
    if all(name in medians for name in TOGETHER):
        python_s = sum(medians[name][0] for name in TOGETHER)
        ours_s = sum(medians[name][1] for name in TOGETHER)
        missed += python_s / ours_s < TOGETHER_BOUND
        print(f"{' + '.join(TOGETHER)}: {python_s:.4f} s / {ours_s:.6f} s = {python_s / ours_s:.1f} (bound {TOGETHER_BOUND})")
    for name in (name for name in medians if "bleu" in name):
        ratio = medians[name][0] / medians[name][1]
        missed += ratio < BLEU_BOUND
        print(f"{name}: {ratio:.1f} (bound {BLEU_BOUND})")
    return 1 if missed else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", type=Path)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "bench")
    parser.add_argument("--venv", type=Path, default=ROOT / "build" / "bench-venv")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not options.inside:
        enter_venv(options.venv)
    program = build(options.build)
    with tempfile.TemporaryDirectory() as folder:
        wordnet = wordnet_folder(folder) if WORDNET.exists() else ""
        if not wordnet:
            print("without METEOR's synonyms: package wordnet-base is not installed", file=sys.stderr)
        medians = race(Ours(program, str(options.rows)), theirs(options.rows, wordnet), options.repeats)
    return verdict(medians)


if __name__ == "__main__":
    sys.exit(main())
