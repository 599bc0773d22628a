#!/usr/bin/env python3
"""A real model behind the OpenAI-compatible interface, with prompts that are echoed as vLLM echoes them; needs torch and transformers.

usage: model_server.py FOLDER [--name NAME] [--bos]       prints the address when it is there; ends when its standard input ends
  --bos   put the model's BOS before prompts that are texts

Greedy, one request after the other, on the CPU in 32 bits. A prompt may be a text or token ids, or a list of those.
"""
import argparse
import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

os.environ.update({"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"})


class Model:
    def __init__(self, folder, bos):
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        self.torch, self.lock = torch, threading.Lock()
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        self.before = [self.tokenizer.bos_token_id] if bos else []

    def ids(self, prompt):
        if isinstance(prompt, list):
            return prompt
        return self.before + self.tokenizer(prompt, add_special_tokens=False)["input_ids"]

    def conversation(self, messages):
        if self.tokenizer.chat_template:
            return self.tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=False)
        text = "".join(f"{message['role']}: {message['content']}\n" for message in messages) + "assistant:"
        return self.ids(text)

    def logprobs(self, ids):
        with self.torch.inference_mode():
            return self.torch.log_softmax(self.model(self.torch.tensor([ids])).logits[0].double(), -1)

    def entry(self, token, row):
        best = int(row.argmax())
        text = self.tokenizer.decode([token])
        top = {self.tokenizer.decode([best]): float(row[best])}
        top.setdefault(text, float(row[token]))
        return text, float(row[token]), top

    def answer(self, ids, most, stops, echo):
        """The text, its finish, the tokens' entries with the prompt's before them where it is echoed, and how many were made."""
        with self.lock:
            entries, made, text, finish = [], [], "", "length"
            rows = self.logprobs(ids)
            if echo:
                entries.append((self.tokenizer.decode(ids[:1]), None, None))
                entries += [self.entry(token, rows[i]) for i, token in enumerate(ids[1:])]
            while len(made) < most:
                token = int(rows[-1].argmax())
                entries.append(self.entry(token, rows[-1]))
                made.append(token)
                if token == self.tokenizer.eos_token_id:
                    finish = "stop"
                    break
                text = self.tokenizer.decode(made, skip_special_tokens=True)
                found = [text.index(stop) for stop in stops if stop in text]
                if found:
                    text, finish = text[:min(found)], "stop"
                    break
                rows = self.logprobs(ids + made)
            return text, finish, entries, len(made)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def page(self, body, status=200):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        if self.path == "/v1/models":
            return self.page({"object": "list", "data": [{"id": self.server.name, "object": "model"}]})
        return self.page({"error": "not found"}, 404)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        model, is_chat = self.server.model, "messages" in body
        if is_chat:
            prompts = [model.conversation(body["messages"])]
        else:
            prompt = body["prompt"]
            several = isinstance(prompt, list) and not isinstance(prompt[0], int)
            prompts = [model.ids(one) for one in (prompt if several else [prompt])]
        stops = body.get("stop") or []
        echo = bool(body.get("echo"))
        choices, told = [], {"prompt_tokens": sum(map(len, prompts)), "completion_tokens": 0}
        for index, ids in enumerate(prompts):
            text, finish, entries, count = model.answer(ids, body.get("max_tokens", 16), [stops] if isinstance(stops, str) else stops, echo)
            told["completion_tokens"] += count
            choice = {"index": index, "finish_reason": finish}
            if is_chat:
                choice["delta" if body.get("stream") else "message"] = {"role": "assistant", "content": text}
            else:
                choice["text"] = (model.tokenizer.decode(ids) if echo else "") + text
            if body.get("logprobs") and not is_chat:
                choice["logprobs"] = {"tokens": [one[0] for one in entries], "token_logprobs": [one[1] for one in entries],
                                      "top_logprobs": [one[2] for one in entries]}
            choices.append(choice)
        if not body.get("stream"):
            return self.page({"choices": choices, "usage": told})
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        for event in ({"choices": choices}, {"choices": [], "usage": told}, "[DONE]"):
            self.wfile.write(f"data: {event if isinstance(event, str) else json.dumps(event)}\n\n".encode())
        return None


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--name", default="model")
    parser.add_argument("--bos", action="store_true")
    options = parser.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.model, server.name = Model(options.folder, options.bos), options.name
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
