"""What the files beside a model say, in the Hugging Face layout: kind, labels, pooling, the longest sequence. No packages needed."""
import json
import os

from protocol import BadInput

ABILITIES = {"causal": ("generate", "loglikelihood", "sample", "logits"), "classify": ("classify",), "tag": ("tag",), "embed": ("embed",)}
ENDINGS = {"ForCausalLM": "causal", "LMHeadModel": "causal", "ForSequenceClassification": "classify",
           "ForTokenClassification": "tag", "ForMaskedLM": "embed", "ForPreTraining": "embed", "Model": "embed"}
POOLINGS = {"pooling_mode_cls_token": "cls", "pooling_mode_max_tokens": "max", "pooling_mode_mean_tokens": "mean",
            "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens", "pooling_mode_weightedmean_tokens": "weightedmean",
            "pooling_mode_lasttoken": "lasttoken"}
LONGEST_FILE = 64 << 20


def read_json(folder, name):
    """The object in a file of the folder, {} where there is none."""
    path = os.path.join(folder, name)
    if not os.path.isfile(path):
        return {}
    if os.path.getsize(path) > LONGEST_FILE:
        raise BadInput(f"{path} has more than {LONGEST_FILE} bytes: it is no file of settings")
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{path} is no JSON: {error}") from None


def config_of(folder):
    config = read_json(folder, "config.json")
    if not isinstance(config, dict) or not config:
        raise BadInput(f"{folder}: no config.json is in it, so it is no model in the Hugging Face layout")
    return config


def kind_of(config, folder):
    """causal, classify, tag or embed, and the architecture that says so."""
    names = config.get("architectures")
    if not isinstance(names, list) or not names or not isinstance(names[0], str):
        raise BadInput(f"{folder}/config.json names no `architectures`: add the class that the model was saved from")
    if config.get("is_encoder_decoder"):
        raise BadInput(f"{folder}: {names[0]} has an encoder and a decoder, which this engine does not compute")
    if is_sentence_model(folder):
        return "embed", names[0]
    for ending, kind in ENDINGS.items():
        if names[0].endswith(ending):
            return kind, names[0]
    if names[0].endswith("ForConditionalGeneration"):
        return "causal", names[0]
    raise BadInput(f"{folder}: {names[0]} is none of the kinds that this engine computes: {', '.join(ENDINGS)}")


def is_sentence_model(folder):
    return os.path.isfile(os.path.join(folder, "modules.json"))


def labels_of(config):
    """The labels of a head in the order of its logits, or None."""
    names = config.get("id2label")
    if not isinstance(names, dict):
        return None
    return [str(names.get(str(place), names.get(place, f"LABEL_{place}"))) for place in range(len(names))]


def poolings_of(folder):
    """Names of POOLINGS whose results follow one another in the vector; the mean where no file says otherwise."""
    modules = read_json(folder, "modules.json") or []
    for one in modules if isinstance(modules, list) else []:
        kind = str(one.get("type", "")).rsplit(".", 1)[-1]
        if kind not in ("Transformer", "Pooling", "Normalize"):
            raise BadInput(f"{folder}/modules.json has a layer {kind}, which this engine does not compute")
    settings = read_json(folder, "1_Pooling/config.json")
    if not settings:
        return ["mean"]
    chosen = settings.get("pooling_mode")
    if chosen is not None:
        names = chosen if isinstance(chosen, list) else [chosen]
    else:
        names = [name for key, name in POOLINGS.items() if settings.get(key)]
    unknown = [one for one in names if one not in POOLINGS.values()]
    if unknown or not names:
        raise BadInput(f"{folder}/1_Pooling/config.json asks for no pooling that is known: {unknown}")
    return names


def pool(hidden, names):
    """The vector of one sequence: `hidden` is an array of tokens × width without padding."""
    import numpy

    count = len(hidden)
    weights = numpy.arange(1, count + 1, dtype=hidden.dtype)[:, None]
    made = {"cls": lambda: hidden[0], "max": lambda: hidden.max(0), "mean": lambda: hidden.mean(0), "lasttoken": lambda: hidden[-1],
            "mean_sqrt_len_tokens": lambda: hidden.sum(0) / count ** 0.5, "weightedmean": lambda: (hidden * weights).sum(0) / weights.sum()}
    return numpy.concatenate([made[one]() for one in names]).tolist()


def trained_context(config):
    """Tokens of the longest sequence in training, or None."""
    inner = config.get("text_config") if isinstance(config.get("text_config"), dict) else {}
    for values in (config, inner):
        for name in ("max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "max_sequence_length"):
            if isinstance(values.get(name), int) and values[name] > 0:
                offset = values["pad_token_id"] + 1 if values.get("model_type") in OFFSET_POSITIONS and is_id(values.get("pad_token_id")) else 0
                return values[name] - offset
    return None


OFFSET_POSITIONS = ("roberta", "xlm-roberta", "camembert", "xlm-roberta-xl", "roberta-prelayernorm", "data2vec-text", "mpnet", "longformer",
                    "ibert")


def is_id(value):
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def longest_sequence(folder, config):
    """The limit that the files set for an encoder, or None."""
    limits = [trained_context(config), read_json(folder, "tokenizer_config.json").get("model_max_length"),
              read_json(folder, "sentence_bert_config.json").get("max_seq_length")]
    limits = [int(one) for one in limits if isinstance(one, (int, float)) and 0 < one < 1e9]
    return min(limits) if limits else None


def without_none(values):
    return {key: value for key, value in values.items() if value is not None}
