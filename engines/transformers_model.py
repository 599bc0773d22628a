"""What a loaded model of Hugging Face Transformers answers."""
import gc
import inspect

import numpy
import torch
import transformers

import model_files
from generation import Stream
from sequence import Extended

LOGITS_AT_ONCE = 16 << 20  # numbers
SEQUENCES_AT_ONCE = 64
POSITION_NAMES = ("wpe", "embed_positions", "position_embeddings", "pos_embed")


class Tokenizer:
    """Texts and ids, as AutoTokenizer has them."""

    def __init__(self, tokenizer):
        self.inner = tokenizer
        added = getattr(tokenizer, "added_tokens_decoder", {})
        self.specials = set(tokenizer.all_special_ids) | {number for number, token in added.items() if token.special}
        with_special = self.cut(["a"], True, True)[0]
        bos = tokenizer.bos_token_id
        self.adds_bos = bos is not None and with_special[:1] == [bos] and with_special != self.cut(["a"], True, False)[0]

    def cut(self, texts, special, wrap):
        if not texts:
            return []
        return self.inner(texts, add_special_tokens=wrap, split_special_tokens=not special, return_attention_mask=False,
                          return_token_type_ids=False, verbose=False)["input_ids"]

    def texts(self, tokens):
        return self.inner.batch_decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False)

    def facts(self):
        inner, template = self.inner, getattr(self.inner, "chat_template", None)
        if isinstance(template, dict):
            template = template.get("default")
        return model_files.without_none({
            "bos": inner.bos_token_id, "eos": inner.eos_token_id, "pad": inner.pad_token_id, "bos_text": inner.bos_token, "eos_text": inner.eos_token,
            "pad_text": inner.pad_token, "adds_bos": self.adds_bos, "chat_template": template})


class TorchModel(Extended):
    def __init__(self, model, tokenizer, kind, facts, config, folder):
        self.model, self.tokenizer, self.device = model, Tokenizer(tokenizer), next(model.parameters()).device
        self.abilities, self.adds_bos, self.specials = model_files.ABILITIES[kind], self.tokenizer.adds_bos, self.tokenizer.specials
        self.vocabulary = model.get_input_embeddings().weight.shape[0]
        context = model_files.trained_context(config)
        self.longest = model_files.longest_sequence(folder, config) if kind != "causal" else context if has_learned_positions(model) else None
        self.padding = model.config.pad_token_id if model.config.pad_token_id is not None else 0
        self.alone = kind == "classify" and model.config.pad_token_id is None  # such heads look for padding to find the end
        self.poolings = model_files.poolings_of(folder) if kind == "embed" else None
        self.ends = ends_of(model, tokenizer) if kind == "causal" else set()
        self.labels = model_files.labels_of({"id2label": model.config.id2label}) if kind in ("classify", "tag") else None
        accepted = inspect.signature(model.forward).parameters
        self.keeps = next((name for name in ("logits_to_keep", "num_logits_to_keep") if name in accepted), None)
        self.takes_positions, self.takes_columns = "position_ids" in accepted, "cache_position" in accepted
        self.kv_bytes = None
        self.tokens_at_once = 2048 if self.device.type == "cpu" else 32768
        self.facts = {**facts, "weight_bytes": bytes_of(list(model.parameters()) + list(model.buffers())), "vocabulary": self.vocabulary,
                      **self.tokenizer.facts(), **model_files.without_none(
                          {"context_train": context, "labels": self.labels, "request_tokens": self.longest})}
        if len(self.ends) > 1:
            self.facts["details"]["ends"] = sorted(self.ends)
        self.prepares_cache, self.plain_cache = False, False
        if kind == "causal":
            self.find_cache()

    def tokenize(self, texts, special, wrap):
        return self.tokenizer.cut(texts, special, wrap)

    def detokenize(self, tokens):
        return self.tokenizer.texts(tokens)

    def memory(self):
        known = {"weights_bytes": self.facts["weight_bytes"], "kv_bytes": self.kv_bytes}
        if self.device.type == "cuda":
            known["device_bytes"] = torch.cuda.max_memory_reserved()
        return model_files.without_none(known)

    def close(self):
        self.model = None
        gc.collect()
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()

    # Decoders.

    @torch.inference_mode()
    def find_cache(self):
        """How this model keeps what it computed: by itself, in a cache that is made before, or not at all."""
        token = torch.tensor([[self.padding]], device=self.device)
        cache = self.forward(token, None, None, 0, 1, True)[1]
        if cache is None:
            self.prepares_cache = True
            cache = self.forward(token, None, self.new_cache(token), 0, 1, True)[1]
            self.prepares_cache = cache is not None
        self.plain_cache = isinstance(cache, transformers.Cache)  # others take one token at a time after the first piece
        if cache is None:
            self.facts["details"]["cache"] = "none: each token computes the whole sequence"

    def new_cache(self, ids):
        if not self.prepares_cache:
            return None
        try:
            made = self.model.prepare_inputs_for_generation(ids, past_key_values=None, attention_mask=torch.ones_like(ids), use_cache=True,
                                                            cache_position=torch.arange(ids.shape[1], device=self.device))
        except (TypeError, ValueError, AttributeError):
            return None
        return made.get("past_key_values")

    def padded_left(self, sequences, least=1):
        """Ids and mask, both sequences × the longest one's tokens, or `least`; the mask is None where nothing is padded."""
        width = max(least, *(len(one) for one in sequences))
        ids = torch.tensor([[self.padding] * (width - len(one)) + one for one in sequences], device=self.device)
        if all(len(one) == width for one in sequences):
            return ids, None
        return ids, torch.tensor([[0] * (width - len(one)) + [1] * len(one) for one in sequences], device=self.device)

    def forward(self, ids, mask, cache, begin, keep, use_cache):
        """Logits of the last `keep` columns. `mask` has all columns up to the last one of `ids`, `begin` is the first one's place."""
        given = {"input_ids": ids, "past_key_values": cache, "use_cache": use_cache}
        if mask is not None:
            given["attention_mask"] = mask
        if self.takes_positions:
            end = begin + ids.shape[1]
            places = (mask.cumsum(1) - 1).clamp_min(0)[:, begin:] if mask is not None else torch.arange(begin, end, device=self.device)[None]
            given["position_ids"] = places.expand(len(ids), -1)
        if self.takes_columns:
            given["cache_position"] = torch.arange(begin, begin + ids.shape[1], device=self.device)
        if self.keeps:
            given[self.keeps] = keep
        made = self.model(**{key: value for key, value in given.items() if value is not None})
        return made.logits[:, -keep:], getattr(made, "past_key_values", None)

    @torch.inference_mode()
    def generate(self, prompts, options, events):
        streams = [Stream(number, one, options, events, self) for number, one in enumerate(prompts)]
        # Transformers 4.57 continues a sequence wrongly that is shorter than this model's convolutions: padded, it is right.
        ids, mask = self.padded_left(prompts, 8 if str(self.model.config.model_type).startswith("lfm2") else 1)
        width = ids.shape[1]
        if mask is not None:
            mask = torch.cat([mask, mask.new_ones(len(ids), options.max_new_tokens)], 1)
        logits, cache = self.prefill(ids, mask)
        if self.device.type == "cuda":
            torch.cuda.synchronize()
        for one in streams:
            events.prefilled(one.number)
        live = streams  # None in the place of one that has ended and cannot be taken out
        while True:
            tokens, gaps = best_two(logits[:, -1])
            if options.sampling:
                rows = logits[:, -1].float().cpu().numpy()
                tokens = [tokens[row] if one is None else one.draw.token(rows[row]) for row, one in enumerate(live)]
            going = [row for row, one in enumerate(live) if one is not None and one.take(tokens[row], gaps[row])]
            if not going:
                break
            if len(going) < len(live):
                live, tokens, mask, cache = self.rest(live, tokens, mask, cache, going)
            if cache is None:  # a model that keeps nothing between tokens
                logits = torch.cat([self.forward(*self.padded_left([one.prompt + one.tokens]), None, 0, 1, False)[0] for one in live])
                continue
            chosen, width = torch.tensor(tokens, device=self.device)[:, None], width + 1
            logits, cache = self.forward(chosen, None if mask is None else mask[:, :width], cache, width - 1, 1, True)
        self.note_cache(cache)
        return [one.answer() for one in streams]

    def prefill(self, ids, mask):
        """Logits of the last column, and the cache; in pieces where the model gives logits of all columns and they are too many."""
        width, cache, begin = ids.shape[1], self.new_cache(ids), 0
        piece = max(1, LOGITS_AT_ONCE // (len(ids) * self.vocabulary)) if self.plain_cache and not self.keeps else width
        while True:
            end = min(width, begin + piece)
            logits, cache = self.forward(ids[:, begin:end], None if mask is None else mask[:, :end], cache, begin, 1, True)
            if end == width:
                return logits, cache
            begin = end

    def rest(self, live, tokens, mask, cache, going):
        """What belongs to the streams that go on."""
        self.note_cache(cache)
        if cache is not None and not hasattr(cache, "batch_select_indices"):
            return [one if row in going else None for row, one in enumerate(live)], tokens, mask, cache
        rows = torch.tensor(going, device=self.device)
        if cache is not None:
            cache.batch_select_indices(rows)
        return [live[row] for row in going], [tokens[row] for row in going], None if mask is None else mask[rows], cache

    @property
    def continues(self):
        return self.plain_cache

    @torch.inference_mode()
    def computed(self, tokens, begin, cache, keep):
        ids = torch.tensor([tokens], device=self.device)
        made, cache = self.forward(ids, None, self.new_cache(ids) if cache is None and self.continues else cache, begin, keep, self.continues)
        self.note_cache(cache)
        return made[0].float().cpu().numpy(), cache

    def note_cache(self, cache):
        if cache is not None:
            self.kv_bytes = max(self.kv_bytes or 0, bytes_of(list(tensors_in(getattr(cache, "layers", None) or vars(cache)))))

    @torch.inference_mode()
    def loglikelihood(self, pairs):
        scores, same = [None] * len(pairs), {}
        for place, (context, continuation) in enumerate(pairs):
            same.setdefault(tuple(context + continuation[:-1]), []).append(place)
        needs = {ids: max(len(pairs[place][1]) for place in places) for ids, places in same.items()}
        for batch in self.batches(sorted(same, key=len, reverse=True), needs):
            wanted = [(row, place) for row, ids in enumerate(batch) for place in same[ids]]
            self.score([list(ids) for ids in batch], max(needs[ids] for ids in batch), wanted, pairs, scores)
        return scores

    def batches(self, sequences, needs):
        """Runs of sequences, longest first, that are about as long and whose logits fit."""
        batch, most = [], 0
        for ids in sequences:
            count, most_then = len(batch) + 1, max(most, needs[ids])
            columns = most_then if self.keeps else len(batch[0]) if batch else len(ids)
            if batch and (count > SEQUENCES_AT_ONCE or count * len(batch[0]) > self.tokens_at_once or len(ids) < 0.75 * len(batch[0]) - 8
                          or count * columns * self.vocabulary > LOGITS_AT_ONCE):
                yield batch
                batch, most_then = [], needs[ids]
            batch, most = batch + [ids], most_then
        if batch:
            yield batch

    def score(self, batch, keep, wanted, pairs, scores):
        """Fills `scores` for the wanted (row, place of a pair): computes the columns in pieces whose logits fit."""
        ids, mask = self.padded_left(batch)
        width, cache, begin = ids.shape[1], None, 0
        piece = max(1, LOGITS_AT_ONCE // (len(batch) * self.vocabulary)) if self.plain_cache else width
        end = min(width, width - keep + piece) if self.keeps else min(width, piece)
        sums = {place: [0.0, True] for _, place in wanted}
        while True:
            first = max(begin, width - keep)
            if end > first:
                logits, cache = self.forward(ids[:, begin:end], None if mask is None else mask[:, :end], cache, begin, end - first, end < width or begin > 0)
                add_scores(logits.float(), first, width, wanted, pairs, sums)
            else:
                cache = self.forward(ids[:, begin:end], None if mask is None else mask[:, :end], cache, begin, 1, True)[1]
            if end == width:
                break
            begin, end = end, min(width, end + piece)
        for place, (total, greedy) in sums.items():
            scores[place] = [total, greedy]

    # Encoders.

    def padded(self, sequences):
        """Batches of similar length: places, outputs."""
        order, at = sorted(range(len(sequences)), key=lambda place: -len(sequences[place])), 0
        while at < len(order):
            longest = len(sequences[order[at]])
            places = order[at:at + (1 if self.alone else max(1, min(SEQUENCES_AT_ONCE, self.tokens_at_once // longest)))]
            places = [one for one in places if len(sequences[one]) >= 0.75 * longest - 8]
            rows = [sequences[one] for one in places]
            ids = torch.tensor([one + [self.padding] * (longest - len(one)) for one in rows], device=self.device)
            mask = torch.tensor([[1] * len(one) + [0] * (longest - len(one)) for one in rows], device=self.device)
            with torch.inference_mode():
                yield places, self.model(input_ids=ids, attention_mask=mask)
            at += len(places)

    def of_each(self, sequences, made_of):
        answers = [None] * len(sequences)
        for places, output in self.padded(sequences):
            values = (output.last_hidden_state if self.poolings else output.logits).float().cpu().numpy()
            for row, place in enumerate(places):
                answers[place] = made_of(values[row], len(sequences[place]))
        return answers

    def embed(self, sequences):
        return self.of_each(sequences, lambda hidden, count: model_files.pool(hidden[:count].astype(numpy.float64), self.poolings))

    def classify(self, sequences):
        return self.of_each(sequences, lambda logits, _count: logits.tolist())

    def tag(self, sequences):
        return self.of_each(sequences, lambda logits, count: logits[:count].tolist())


def tensors_in(value):
    """Tensors of a cache, which keeps them in lists, maps or layers."""
    if torch.is_tensor(value):
        yield value
    elif isinstance(value, (list, tuple, dict)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from tensors_in(one)
    elif isinstance(value, transformers.cache_utils.CacheLayerMixin):
        yield from tensors_in(vars(value))


def bytes_of(tensors):
    return sum({id(one): one.numel() * one.element_size() for one in tensors}.values())


def has_learned_positions(model):
    return any(isinstance(module, torch.nn.Embedding) and any(part in name for part in POSITION_NAMES) for name, module in model.named_modules())


def ends_of(model, tokenizer):
    ends = getattr(getattr(model, "generation_config", None), "eos_token_id", None)
    ends = ends if isinstance(ends, list) else [ends]
    return {int(one) for one in [*ends, tokenizer.eos_token_id] if one is not None}


def best_two(logits):
    """Of each row the token of the largest logit, the smallest id among equals, and its distance to the next one."""
    logits = logits.float()
    values, tokens = logits.max(-1)
    seconds = logits.scatter(-1, tokens[:, None], float("-inf")).amax(-1)
    return tokens.tolist(), (values - seconds).tolist()


def add_scores(logits, first, width, wanted, pairs, sums):
    """Adds what the columns from `first` on say: column c holds the logits of the token after it, a continuation ends after `width`."""
    totals, best = torch.logsumexp(logits, -1).double(), logits.argmax(-1)
    for row, place in wanted:
        continuation = pairs[place][1]
        start = max(first, width - len(continuation))
        count = first + logits.shape[1] - start
        if count <= 0:
            continue
        offset = start - (width - len(continuation))
        targets = torch.tensor(continuation[offset:offset + count], device=logits.device)
        columns = torch.arange(start - first, start - first + count, device=logits.device)
        chosen = logits[row, columns, targets].double() - totals[row, columns]
        sums[place][0] += chosen.sum().item()
        sums[place][1] = sums[place][1] and bool((best[row, columns] == targets).all())
