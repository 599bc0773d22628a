"""What a loaded ONNX model answers. Graphs have the names of inputs and outputs that Optimum gives them."""
import math

import numpy
from onnxruntime import OrtValue

import model_files
from generation import Stream
from plain_tokenizer import Tokenizer
from protocol import Failed
from sequence import Extended

LOGITS_AT_ONCE = 32 << 20  # numbers
TOKENS_AT_ONCE, SEQUENCES_AT_ONCE = 2048, 64
PAST, PRESENT = "past_key_values.", "present."
PLAIN_INPUTS = ("input_ids", "attention_mask", "token_type_ids", "position_ids")
NUMPY_TYPES = {"tensor(int64)": numpy.int64, "tensor(int32)": numpy.int32, "tensor(float)": numpy.float32, "tensor(float16)": numpy.float16,
               "tensor(double)": numpy.float64}
OUTPUTS = {"causal": ("logits",), "classify": ("logits",), "tag": ("logits",), "embed": ("sentence_embedding", "last_hidden_state", "token_embeddings")}
LEARNED_POSITIONS = ("gpt2", "opt", "gpt_neo", "gpt_bigcode", "gptj", "codegen", "biogpt", "xglm")
# Operators whose results depend on the other sequences of a batch: one scale for all activations, or no left padding.
ALONE = {"DynamicQuantizeLinear": "activations are quantized together", "DynamicQuantizeMatMul": "activations are quantized together",
         "GroupQueryAttention": "its attention takes no padding before a sequence"}


class OnnxModel(Extended):
    def __init__(self, session, weights, kind, architecture, config, folder):
        self.session, self.weights, self.tokenizer = session, weights, Tokenizer(folder, config)
        self.inputs = {one.name: one for one in session.get_inputs()}
        self.outputs = [one.name for one in session.get_outputs()]
        self.abilities, self.adds_bos, self.specials = model_files.ABILITIES[kind], self.tokenizer.adds_bos, self.tokenizer.specials
        self.vocabulary = config.get("vocab_size") or (config.get("text_config") or {}).get("vocab_size")
        if not model_files.is_id(self.vocabulary):
            raise Failed(f"{folder}/config.json has no `vocab_size`: add the size of the vocabulary")
        self.past = {name: PRESENT + name[len(PAST):] for name in self.inputs if name.startswith(PAST)}
        self.output = self.checked_graph(kind, config, folder)
        self.alone = self.reason_for_alone(kind)
        self.heads = heads_of(config)
        self.padding = config["pad_token_id"] if model_files.is_id(config.get("pad_token_id")) else 0
        context = model_files.trained_context(config)
        self.longest = model_files.longest_sequence(folder, config) if kind != "causal" else context if config.get("model_type") in LEARNED_POSITIONS else None
        self.poolings = model_files.poolings_of(folder) if kind == "embed" and self.output != "sentence_embedding" else None
        self.ends = self.tokenizer.ends(folder, config) if kind == "causal" else set()
        self.kv_bytes = None
        self.facts = self.made_facts(kind, architecture, config, context)

    def made_facts(self, kind, architecture, config, context):
        details = {"provider": self.session.get_providers()[0], "bytes_by_type": self.weights.bytes_by_type,
                   "threads": self.session.get_session_options().intra_op_num_threads}
        if self.alone:
            details["one_sequence_at_a_time"] = self.alone
        if kind == "causal" and not self.past:
            details["cache"] = "none in the graph: each token computes the whole sequence"
        if len(self.ends) > 1:
            details["ends"] = sorted(self.ends)
        return {"architecture": architecture, "parameters": self.weights.parameters, "weight_bytes": sum(self.weights.bytes_by_type.values()),
                "vocabulary": self.vocabulary, **self.tokenizer.facts(), "details": details,
                **model_files.without_none({"context_train": context, "request_tokens": self.longest,
                                            "labels": model_files.labels_of(config) if kind in ("classify", "tag") else None})}

    def checked_graph(self, kind, config, folder):
        """The output that is asked for; Failed where the graph is none that this engine knows how to run."""
        unknown = [name for name in self.inputs if name not in PLAIN_INPUTS and name not in self.past]
        if unknown or "input_ids" not in self.inputs:
            raise Failed(f"{folder}: the graph wants {', '.join(unknown) or 'no input_ids'}, which this engine does not give: export it with Optimum")
        absent = [one for one in self.past.values() if one not in self.outputs]
        if absent:
            raise Failed(f"{folder}: the graph takes a cache but does not give {absent[0]}: export it with Optimum")
        if isinstance(self.inputs["input_ids"].shape[-1], int):
            raise Failed(f"{folder}: the graph takes exactly {self.inputs['input_ids'].shape[-1]} tokens: export it with a dynamic number")
        if "position_ids" in self.inputs and config.get("model_type") in model_files.OFFSET_POSITIONS:
            raise Failed(f"{folder}: the graph takes positions, which begin elsewhere in a {config['model_type']}: export it without position_ids")
        found = next((one for one in OUTPUTS[kind] if one in self.outputs), None)
        if found is None:
            raise Failed(f"{folder}: the graph has no output {' or '.join(OUTPUTS[kind])}, only {', '.join(self.outputs[:5])}")
        kind_of_output = next(one.type for one in self.session.get_outputs() if one.name == found)
        if kind_of_output not in NUMPY_TYPES:
            raise Failed(f"{folder}: the output {found} is a {kind_of_output}, which this engine does not read: export it with float32 outputs")
        return found

    def reason_for_alone(self, kind):
        """Why sequences cannot be computed together, or None."""
        reasons = [why for operator, why in ALONE.items() if operator in self.weights.operators]
        if isinstance(self.inputs["input_ids"].shape[0], int):
            reasons.append("the graph takes one sequence")
        if "attention_mask" not in self.inputs and (self.past or kind != "causal"):
            reasons.append("the graph takes no mask")
        if self.past and "position_ids" not in self.inputs:
            reasons.append("the graph takes no positions")
        return reasons[0] if reasons else None

    def tokenize(self, texts, special, wrap):
        return self.tokenizer.cut(texts, special, wrap)

    def detokenize(self, tokens):
        return self.tokenizer.texts(tokens)

    def memory(self):
        return model_files.without_none({"weights_bytes": self.facts["weight_bytes"], "kv_bytes": self.kv_bytes})

    def close(self):
        self.session = None

    # One computation.

    def run(self, ids, mask, places, cache=None):
        """The asked output as an array, and the new cache. `ids` and `places`: sequences × tokens, `mask`: × tokens so far."""
        given = {"input_ids": ids, "attention_mask": mask, "position_ids": places, "token_type_ids": numpy.zeros_like(ids)}
        feed = {name: OrtValue.ortvalue_from_numpy(numpy.ascontiguousarray(value.astype(NUMPY_TYPES[self.inputs[name].type])))
                for name, value in given.items() if name in self.inputs}
        names = list(self.past)
        feed.update(cache or {name: self.nothing(name, len(ids)) for name in names})
        made = self.session.run_with_ort_values([self.output, *self.past.values()], feed)
        return made[0].numpy(), dict(zip(names, made[1:]))

    def nothing(self, name, count):
        """The cache before the first token."""
        shape = self.inputs[name].shape
        heads, width = (own if isinstance(own, int) else known for own, known in zip((shape[1], shape[3]), self.heads))
        return OrtValue.ortvalue_from_numpy(numpy.zeros((count, heads, 0, width), NUMPY_TYPES[self.inputs[name].type]))

    # Decoders.

    def generate(self, prompts, options, events):
        streams = [Stream(number, one, options, events, self) for number, one in enumerate(prompts)]
        groups = [[one] for one in streams] if self.alone else [streams]
        runs = [(Cached if self.past else Anew)(self, one) for one in groups]
        for group in runs:
            group.begin()
            for one in group.live:
                events.prefilled(one.number)
        going = [one for one in runs if one.choose()]
        while going:
            for one in going:
                one.step()
            going = [one for one in going if one.choose()]
        self.note_cache(sum(one.cache_bytes for one in runs))
        return [one.answer() for one in streams]

    def note_cache(self, size):
        if size:
            self.kv_bytes = max(self.kv_bytes or 0, size)

    @property
    def continues(self):
        return bool(self.past)

    def computed(self, tokens, begin, cache, keep):
        piece = max(1, LOGITS_AT_ONCE // self.vocabulary) if self.past else len(tokens)
        rows, places = [], numpy.arange(begin, begin + len(tokens))[None]
        for at in range(0, len(tokens), piece):
            part = numpy.array([tokens[at:at + piece]])
            mask = numpy.ones((1, begin + at + part.shape[1]), numpy.int64)
            logits, cache = self.run(part, mask, places[:, at:at + piece], cache)
            rows.append(logits[0, -keep:])
        self.note_cache(bytes_of(cache))
        return numpy.concatenate(rows)[-keep:].astype(numpy.float32), cache

    def loglikelihood(self, pairs):
        scores, same = [None] * len(pairs), {}
        for place, (context, continuation) in enumerate(pairs):
            same.setdefault(tuple(context + continuation[:-1]), []).append(place)
        for batch in self.batches(sorted(same, key=len, reverse=True), self.vocabulary):
            for row, begin, logits in self.logits_of(batch):
                for place in same[batch[row]]:
                    add_score(scores, place, pairs[place][1], len(batch[row]), begin, logits)
        return scores

    def logits_of(self, batch):
        """Row, first column and logits of all columns of the sequences, in pieces where one sequence has too many."""
        ids, mask, places = padded_right([list(one) for one in batch], self.padding)
        piece = max(1, LOGITS_AT_ONCE // (self.vocabulary * len(batch)))
        if not self.past or ids.shape[1] <= piece:
            logits, _ = self.run(ids, mask, places)
            for row in range(len(batch)):
                yield row, 0, logits[row]
            return
        cache = None
        for begin in range(0, ids.shape[1], piece):  # one sequence: see `batches`
            end = min(ids.shape[1], begin + piece)
            logits, cache = self.run(ids[:, begin:end], mask[:, :end], places[:, begin:end], cache)
            yield 0, begin, logits[0]

    def batches(self, sequences, width):
        """Runs of sequences, longest first, that are about as long; `width`: numbers of a token's output."""
        batch = []
        for ids in sequences:
            count, longest = len(batch) + 1, len(batch[0]) if batch else 0
            if batch and (self.alone or count > SEQUENCES_AT_ONCE or count * longest > TOKENS_AT_ONCE or len(ids) < 0.75 * longest - 8
                          or count * longest * width > LOGITS_AT_ONCE):
                yield batch
                batch = []
            batch = batch + [ids]
        if batch:
            yield batch

    # Encoders.

    def of_each(self, sequences, made_of):
        answers, places = [None] * len(sequences), {}
        for place, ids in enumerate(sequences):
            places.setdefault(tuple(ids), []).append(place)
        for batch in self.batches(sorted(places, key=len, reverse=True), 1):
            values, _ = self.run(*padded_right([list(one) for one in batch], self.padding))
            for row, ids in enumerate(batch):
                for place in places[ids]:
                    answers[place] = made_of(values[row].astype(numpy.float64), len(ids))
        return answers

    def embed(self, sequences):
        if self.poolings is None:
            return self.of_each(sequences, lambda vector, _count: vector.tolist())
        return self.of_each(sequences, lambda hidden, count: model_files.pool(hidden[:count], self.poolings))

    def classify(self, sequences):
        return self.of_each(sequences, lambda logits, _count: logits.tolist())

    def tag(self, sequences):
        return self.of_each(sequences, lambda logits, count: logits[:count].tolist())


class Group:
    """Streams that are computed together."""

    def __init__(self, model, streams):
        self.model, self.live, self.logits, self.cache_bytes = model, streams, None, 0

    def choose(self):
        """Takes the next token of each; whether any goes on."""
        rows = [row for row, one in enumerate(self.live) if one.take(*self.chosen(one, self.logits[row]))]
        if rows and len(rows) < len(self.live):
            self.keep(rows)
        self.live = [self.live[row] for row in rows]
        return bool(rows)

    @staticmethod
    def chosen(stream, logits):
        """The next token of a stream, and the distance of the two best logits."""
        best, gap = best_two(logits)
        return stream.draw.token(logits) if stream.draw else best, gap

    def keep(self, rows):
        """Forgets all but these."""


class Anew(Group):
    """For a graph without a cache: each step computes whole sequences."""

    def begin(self):
        sequences = [one.prompt + one.tokens for one in self.live]
        logits, _ = self.model.run(*padded_right(sequences, self.model.padding))
        self.logits = [logits[row, len(one) - 1] for row, one in enumerate(sequences)]

    step = begin


class Cached(Group):
    """For a graph with a cache; shorter prompts are padded before their first token."""

    def begin(self):
        width = max(len(one.prompt) for one in self.live)
        self.mask = numpy.array([[0] * (width - len(one.prompt)) + [1] * len(one.prompt) for one in self.live])
        ids = numpy.array([[self.model.padding] * (width - len(one.prompt)) + one.prompt for one in self.live])
        places, self.cache = numpy.maximum(self.mask.cumsum(1) - 1, 0), None
        piece = max(1, LOGITS_AT_ONCE // (self.model.vocabulary * len(ids)))
        for begin in range(0, width, piece):
            end = min(width, begin + piece)
            logits, self.cache = self.model.run(ids[:, begin:end], self.mask[:, :end], places[:, begin:end], self.cache)
        self.take_logits(logits)

    def step(self):
        self.mask = numpy.concatenate([self.mask, numpy.ones((len(self.live), 1), self.mask.dtype)], 1)
        ids = numpy.array([[one.tokens[-1]] for one in self.live])
        logits, self.cache = self.model.run(ids, self.mask, self.mask.sum(1, keepdims=True) - 1, self.cache)
        self.take_logits(logits)

    def take_logits(self, logits):
        self.logits = logits[:, -1]

    def choose(self):
        self.cache_bytes = max(self.cache_bytes, bytes_of(self.cache))
        return super().choose()

    def keep(self, rows):
        self.mask = self.mask[rows]
        self.cache = {name: OrtValue.ortvalue_from_numpy(numpy.ascontiguousarray(one.numpy()[rows])) for name, one in self.cache.items()}


def bytes_of(cache):
    return sum(math.prod(one.shape()) * 4 // (2 if "16" in one.data_type() else 1) for one in cache.values())


def heads_of(config):
    """Key and value heads, and their width, as far as config.json tells."""
    inner = {**config, **(config.get("text_config") or {})}
    heads = inner.get("num_attention_heads") or inner.get("n_head")
    width = inner.get("hidden_size") or inner.get("n_embd")
    return inner.get("num_key_value_heads") or heads, inner.get("head_dim") or (width // heads if width and heads else None)


def padded_right(sequences, padding):
    """Ids, mask and places; what follows a sequence does not change it."""
    width = max(len(one) for one in sequences)
    ids = numpy.array([one + [padding] * (width - len(one)) for one in sequences])
    mask = numpy.array([[1] * len(one) + [0] * (width - len(one)) for one in sequences])
    return ids, mask, numpy.broadcast_to(numpy.arange(width), ids.shape)


def best_two(logits):
    """The token of the largest logit, the smallest id among equals, and its distance to the next one."""
    logits = logits.astype(numpy.float32)
    token = int(logits.argmax())
    best, logits[token] = logits[token], -numpy.inf
    return token, float(best - logits.max())


def add_score(scores, place, continuation, count, begin, logits):
    """Adds what the columns from `begin` on say: column c has the logits of the token after it, a continuation ends after `count`."""
    first = count - len(continuation)
    start, end = max(begin, first), min(begin + len(logits), count)
    if end <= start:
        return
    values = logits[start - begin:end - begin].astype(numpy.float32)
    targets = numpy.array(continuation[start - first:end - first])
    largest = values.max(1, keepdims=True)
    sums = numpy.exp(values - largest).sum(1, dtype=numpy.float64)
    chosen = values[numpy.arange(len(targets)), targets].astype(numpy.float64) - largest[:, 0] - numpy.log(sums)
    total, greedy = scores[place] or (0.0, True)
    scores[place] = [total + float(chosen.sum()), greedy and bool((values.argmax(1) == targets).all())]
