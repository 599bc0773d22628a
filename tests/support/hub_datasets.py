"""Data sets of the hub, made from the files in ../shared/data: the columns, configurations and splits that the shipped
tasks ask for. Nothing is read before it is asked for.

    hub = HubServer()
    add_datasets(hub, folder)              # all of them
    add_datasets(hub, folder, ["cais/mmlu", "openai/gsm8k"])
"""
import bz2
import csv
import json
from pathlib import Path

WNUT_TAGS = ["O"] + [f"{place}-{kind}" for kind in ("corporation", "creative-work", "group", "location", "person", "product")
                     for place in "BI"]
TREC_CLASSES = {0: 2, 2: 0}  # the files' number of a class -> the hub's, where they differ


def csv_rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def json_lines(path):
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").split("\n") if line]


def mmlu(path):
    return [{"question": row[0], "subject": path.stem.rsplit("_", 1)[0], "choices": row[1:5], "answer": "ABCD".index(row[5])}
            for row in csv_rows(path)]


def hellaswag(path):
    lines = bz2.open(path, "rt", encoding="utf-8").read().split("\n")
    rows = []
    for start in range(0, len(lines) - 5, 6):
        label, _, context = lines[start].partition(": ")
        rows.append({"ind": start // 6, "activity_label": label, "ctx_a": context, "ctx_b": "", "ctx": context,
                     "endings": lines[start + 2:start + 6], "label": lines[start + 1]})
    return rows


def labelled_lines(path):
    return [{"sentence": text, "label": int(label), "idx": i} for i, (text, label) in enumerate(
        line.rsplit("\t", 1) for line in path.read_text(encoding="utf-8").split("\n") if line)]


def trec(path):
    rows = []
    for line in path.read_text(encoding="utf-8", errors="replace").split("\n"):
        if line:
            label, text = line.split(" ", 1)
            rows.append({"text": text, "coarse_label": TREC_CLASSES.get(int(label), int(label)), "fine_label": 0})
    return rows


def ag_news(path):
    return [{"text": f"{title} {text}", "label": int(label) - 1} for label, title, text in csv_rows(path)]


def wnut(path):
    rows = []
    for block in path.read_text(encoding="utf-8").replace("\t\n", "\n\n").split("\n\n"):
        pairs = [line.split("\t") for line in block.split("\n") if "\t" in line]
        if pairs:
            rows.append({"id": str(len(rows)), "tokens": [pair[0] for pair in pairs],
                         "ner_tags": [WNUT_TAGS.index(pair[1].strip()) for pair in pairs]})
    return rows


def squad(path):
    rows = []
    for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            for qa in paragraph["qas"]:
                rows.append({"id": qa["id"], "title": article.get("title", ""), "context": paragraph["context"],
                             "question": qa["question"],
                             "answers": {"text": [answer["text"] for answer in qa["answers"]],
                                         "answer_start": [answer["answer_start"] for answer in qa["answers"]]}})
    return rows


def truthfulqa(path):
    with open(path, newline="", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    rows = []
    for row in table:
        def texts(column):
            return [text.strip() for text in row[column].split(";") if text.strip()]
        best, right, wrong = row["Best Answer"].strip(), texts("Correct Answers"), texts("Incorrect Answers")
        rows.append({"question": row["Question"],
                     "mc1_targets": {"choices": [best] + wrong, "labels": [1] + [0] * len(wrong)},
                     "mc2_targets": {"choices": right + wrong, "labels": [1] * len(right) + [0] * len(wrong)}})
    return rows


def dialogsum(path):
    return [{"id": row["fname"], "dialogue": row["dialogue"], "summary": row["summary"], "topic": row.get("topic", "")}
            for row in json_lines(path)]


def wikitext_pages(path):
    pages, page = [], []
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line.startswith(" = ") and not line.startswith(" = = ") and page:
            pages.append("\n".join(page))
            page = []
        page.append(line)
    return [{"page": text} for text in pages + ["\n".join(page)] if text.strip()]


# data set -> (configuration, split) -> (how the file is read, its name)
def catalogue(folder):
    mmlu_files = {(path.stem.rsplit("_", 1)[0], split): (mmlu, f"mmlu/{split}/{path.name}")
                  for split in ("dev", "test") for path in sorted((folder / "mmlu" / split).glob("*.csv"))}
    return {
        "cais/mmlu": mmlu_files,
        "openai/gsm8k": {("main", "test"): (json_lines, "gsm8k/test.jsonl"),
                         ("main", "train"): (json_lines, "../oracle/lm_eval/data/gsm8k_fewshot.jsonl")},
        "Rowan/hellaswag": {("default", "validation"): (hellaswag, "hellaswag/hellaswag_val_full.txt.bz2")},
        "fancyzhx/ag_news": {("default", "test"): (ag_news, "ag_news/test.csv")},
        "nyu-mll/glue": {("sst2", "validation"): (labelled_lines, "sst2/dev.tsv"),
                         ("sst2", "test"): (labelled_lines, "sst2/test.tsv")},
        "CogComp/trec": {("default", "test"): (trec, "trec/TREC.test.all"), ("default", "train"): (trec, "trec/TREC.train.all")},
        "rajpurkar/squad_v2": {("squad_v2", "validation"): (squad, "squad/small.json")},
        "leondz/wnut_17": {("wnut_17", "validation"): (wnut, "wnut17/emerging.dev.conll"),
                           ("wnut_17", "test"): (wnut, "wnut17/emerging.test.annotated")},
        "knkarthick/dialogsum": {("default", split): (dialogsum, "dialogsum/dialogsum.dev.jsonl")
                                 for split in ("validation", "test")},
        "truthfulqa/truthful_qa": {("multiple_choice", "validation"): (truthfulqa, "truthfulqa/TruthfulQA.csv")},
        "EleutherAI/wikitext_document_level": {
            ("wikitext-2-raw-v1", "test"): (wikitext_pages, "wikitext2/test.txt"),
            ("wikitext-2-raw-v1", "validation"): (wikitext_pages, "wikitext2/valid.txt")},
    }


def rows_of(folder, dataset, config, split):
    read, name = catalogue(Path(folder))[dataset][(config, split)]
    return read(Path(folder) / name)


def add_datasets(hub, folder, names=None):
    folder = Path(folder)
    for dataset, splits in catalogue(folder).items():
        if names is not None and dataset not in names:
            continue
        for (config, split), (read, name) in splits.items():
            if (folder / name).exists():
                hub.add_rows(dataset, config, split, lambda read=read, path=folder / name: read(path))
