"""Texts and ids by a tokenizer.json and the files beside it, with the package tokenizers alone."""
import os

import model_files
from protocol import Failed


def token_text(value):
    """A token as tokenizer_config.json writes it: a text, or an object with its content."""
    value = value.get("content") if isinstance(value, dict) else value
    return value if isinstance(value, str) else None


class Tokenizer:
    def __init__(self, folder, config):
        import tokenizers

        path = os.path.join(folder, "tokenizer.json")
        if not os.path.isfile(path):
            raise Failed(f"{folder}: no tokenizer.json is in it, which this engine needs: save the model's fast tokenizer there")
        try:
            self.inner = tokenizers.Tokenizer.from_file(path)
        except Exception as error:  # the package raises plain Exception
            raise Failed(f"{path} cannot be read: {error}") from None
        self.inner.no_truncation()
        self.inner.no_padding()
        self.specials = {number for number, token in self.inner.get_added_tokens_decoder().items() if token.special}
        self.settings = model_files.read_json(folder, "tokenizer_config.json")
        self.named, self.template = self.named_tokens(folder, config), self.read_template(folder)
        with_special = self.cut(["a"], True, True)[0]
        self.adds_bos = "bos" in self.named and with_special[:1] == [self.named["bos"][0]] and with_special != self.cut(["a"], True, False)[0]

    def named_tokens(self, folder, config):
        """bos, eos, pad, where there are: id and text."""
        more, found = model_files.read_json(folder, "special_tokens_map.json"), {}
        for name in ("bos", "eos", "pad"):
            text = token_text(self.settings.get(f"{name}_token")) or token_text(more.get(f"{name}_token"))
            number = self.inner.token_to_id(text) if text is not None else None
            if number is None and text is None and not self.settings and model_files.is_id(config.get(f"{name}_token_id")):
                number = config[f"{name}_token_id"]
                text = self.inner.id_to_token(number)
            if number is not None and text is not None:
                found[name] = number, text
        return found

    def read_template(self, folder):
        path = os.path.join(folder, "chat_template.jinja")
        if os.path.isfile(path):
            with open(path, encoding="utf-8") as file:
                return file.read()
        template = self.settings.get("chat_template")
        if isinstance(template, list):
            template = {one.get("name"): one.get("template") for one in template if isinstance(one, dict)}.get("default")
        return template if isinstance(template, str) else None

    def cut(self, texts, special, wrap):
        self.inner.encode_special_tokens = not special
        return [one.ids for one in self.inner.encode_batch(texts, add_special_tokens=wrap)]

    def texts(self, tokens):
        return self.inner.decode_batch(tokens, skip_special_tokens=True)

    def facts(self):
        facts = {"adds_bos": self.adds_bos, "chat_template": self.template}
        for name, (number, text) in self.named.items():
            facts.update({name: number, f"{name}_text": text})
        return model_files.without_none(facts)

    def ends(self, folder, config):
        """Ids that end a sequence."""
        ends = model_files.read_json(folder, "generation_config.json").get("eos_token_id", config.get("eos_token_id"))
        ends = ends if isinstance(ends, list) else [ends]
        return {one for one in [*ends, self.named.get("eos", (None,))[0]] if model_files.is_id(one)}
