-- A store of one model at three precisions, with a failed and a skipped cell. The figures are made up.
pragma application_id = 1650552436;
pragma user_version = 1;

CREATE TABLE meta (
  name text primary key,
  value text not null
) strict, without rowid;

CREATE TABLE cells (
  id integer primary key,
  key text not null unique,     -- hash of all that determines the result
  model text not null,
  precision text not null,
  task text not null
) strict;

CREATE TABLE attempts (
  cell integer not null references cells (id),
  attempt integer not null,     -- from 1
  finished integer not null,    -- 0 while the cell runs, and after an interruption
  record text not null,         -- JSON; what is known at the start until finished
  primary key (cell, attempt)
) strict, without rowid;

CREATE TABLE trials (
  cell integer not null,
  attempt integer not null,
  position integer not null,    -- order of measuring, from 0
  content text not null,        -- JSON
  primary key (cell, attempt, position),
  foreign key (cell, attempt) references attempts (cell, attempt)
) strict;

CREATE TABLE items (
  cell integer not null references cells (id),
  task text not null,
  doc_id integer not null,
  metrics text not null,        -- JSON; before the long column, so that scores are read without it
  content text not null,        -- JSON
  primary key (cell, task, doc_id)
) strict;

insert into cells values (1, '0000000000000000000000000000000000000000000000000000000000000001', 'nano', 'fp16', 'performance');
insert into attempts values (1, 1, 1, '{"schema": 1,
 "cell_key": "0000000000000000000000000000000000000000000000000000000000000001",
 "model": "nano",
 "reference": "embedded:nano",
 "precision": "fp16",
 "task": "performance",
 "attempt": 1,
 "status": "ok",
 "started_at": "2026-01-31T10:20:02Z",
 "finished_at": "2026-01-31T10:20:03Z",
 "metrics": {
  "ttft_s": {"value": 0.04, "interval": {"low": 0.0396, "high": 0.0404, "confidence": 0.95, "method": "blocks"}, "n": 30},
  "tpot_s": {"value": 0.01, "interval": {"low": 0.0099, "high": 0.0101, "confidence": 0.95, "method": "blocks"}, "n": 30},
  "decode_tokens_per_s": {"value": 100.0, "interval": {"low": 99.0, "high": 101.0, "confidence": 0.95, "method": "blocks"}, "n": 30},
  "prefill_tokens_per_s": {"value": 500.0, "interval": {"low": 495.0, "high": 505.0, "confidence": 0.95, "method": "blocks"}, "n": 30},
  "e2e_latency_s": {"value": 0.67, "interval": {"low": 0.6633, "high": 0.6767, "confidence": 0.95, "method": "blocks"}, "n": 30},
  "output_tokens_per_s": {"value": 95.52, "interval": {"low": 94.5648, "high": 96.4752, "confidence": 0.95, "method": "blocks"}, "n": 30},
  "batch_output_tokens_per_s": {"value": 250.0, "interval": {"low": 247.5, "high": 252.5, "confidence": 0.95, "method": "blocks"}, "n": 12},
  "load_warm_s": {"value": 0.05, "interval": {"low": 0.045, "high": 0.055, "confidence": 0.95, "method": "blocks"}, "n": 5},
  "load_cold_s": {"value": 0.2, "n": 1},
  "prompt_tokens": {"value": 20.0, "n": 30},
  "output_tokens": {"value": 64.0, "n": 30},
  "cached_tokens": {"value": 0.0, "n": 30},
  "private_peak_bytes": {"value": 20971520.0},
  "pss_peak_bytes": {"value": 28245344.0},
  "parameters": {"value": 3606784.0},
  "bits_per_weight": {"value": 16.010220739584074},
  "file_bytes": {"value": 7273824.0},
  "weight_bytes": {"value": 7218176.0}},
 "absent": {"device_memory_bytes": "no accelerator is used", "itl_p99_s": "fewer than 662 gaps"},
 "settings": {"engine": {"threads": 1, "cache_type_k": "f16", "cache_type_v": "f16", "flash_attn": "auto", "n_batch": 2048, "n_ubatch": 512, "repack": true}, "performance": {"prompt": "Once upon a time", "num_warmup": 1, "num_runs": 30, "target_interval": 0.01, "max_seconds": 30.0, "batch_size": 4, "max_new_tokens": 64, "ignore_eos": true}},
 "device": {"identity": "0123456789ab", "cpu": {"model": "Example CPU", "architecture": "x86_64", "physical_cores": 2, "logical_cpus": 2, "caches": [], "features": ["avx2"]}, "memory": {"total_bytes": 8589934592, "page_bytes": 4096}, "system": {"os": "Example OS 1"}, "limits": {}, "disk": {}, "accelerators": [], "absent": {}},
 "engine": {"name": "llama", "version": "0.5.0-dev", "threads": 1, "cache_type_k": "f16", "cache_type_v": "f16", "flash_attn": "auto", "context": 512, "adds_bos": false, "special_tokens": {"bos": {"id": 0, "text": "<|endoftext|>"}, "eos": {"id": 0, "text": "<|endoftext|>"}, "pad": {"id": 0, "text": "<|endoftext|>"}}},
 "model_info": {"architecture": "llama", "name": "nano", "parameters": 3606784, "file_type": "F16", "bits_per_weight": 16.010220739584074, "weight_bytes": 7218176, "file_bytes": 7273824, "context_train": 4096, "has_chat_template": true, "sha256": "e92d232ccc2008ccade8764f450d71eedeee4fab2dfecbd05be276f5b10b2366"},
 "task_info": {"scenarios": ["6 rounds: as many as were asked for"], "blocks": [
  {"round": 0, "series": "a start of the machine", "values": {"ttft_s": 0.04, "tpot_s": 0.01, "decode_tokens_per_s": 100.0, "prefill_tokens_per_s": 500.0, "e2e_latency_s": 0.67, "output_tokens_per_s": 95.52, "batch_output_tokens_per_s": 250.0, "load_warm_s": 0.05}},
  {"round": 1, "series": "a start of the machine", "values": {"ttft_s": 0.04, "tpot_s": 0.01, "decode_tokens_per_s": 100.0, "prefill_tokens_per_s": 500.0, "e2e_latency_s": 0.67, "output_tokens_per_s": 95.52, "batch_output_tokens_per_s": 250.0, "load_warm_s": 0.05}},
  {"round": 2, "series": "a start of the machine", "values": {"ttft_s": 0.04, "tpot_s": 0.01, "decode_tokens_per_s": 100.0, "prefill_tokens_per_s": 500.0, "e2e_latency_s": 0.67, "output_tokens_per_s": 95.52, "batch_output_tokens_per_s": 250.0, "load_warm_s": 0.05}},
  {"round": 3, "series": "a start of the machine", "values": {"ttft_s": 0.04, "tpot_s": 0.01, "decode_tokens_per_s": 100.0, "prefill_tokens_per_s": 500.0, "e2e_latency_s": 0.67, "output_tokens_per_s": 95.52, "batch_output_tokens_per_s": 250.0, "load_warm_s": 0.05}},
  {"round": 4, "series": "a start of the machine", "values": {"ttft_s": 0.04, "tpot_s": 0.01, "decode_tokens_per_s": 100.0, "prefill_tokens_per_s": 500.0, "e2e_latency_s": 0.67, "output_tokens_per_s": 95.52, "batch_output_tokens_per_s": 250.0, "load_warm_s": 0.05}},
  {"round": 5, "series": "a start of the machine", "values": {"ttft_s": 0.04, "tpot_s": 0.01, "decode_tokens_per_s": 100.0, "prefill_tokens_per_s": 500.0, "e2e_latency_s": 0.67, "output_tokens_per_s": 95.52, "batch_output_tokens_per_s": 250.0, "load_warm_s": 0.05}}]}}');

insert into cells values (2, '0000000000000000000000000000000000000000000000000000000000000002', 'nano', 'fp16', 'nano_topic');
insert into attempts values (2, 1, 1, '{"schema": 1,
 "cell_key": "0000000000000000000000000000000000000000000000000000000000000002",
 "model": "nano",
 "reference": "embedded:nano",
 "precision": "fp16",
 "task": "nano_topic",
 "attempt": 1,
 "status": "ok",
 "warnings": ["acc is 1 on every item"],
 "started_at": "2026-01-31T10:20:04Z",
 "finished_at": "2026-01-31T10:20:05Z",
 "metrics": {
  "acc": {"value": 1.0, "interval": {"low": 0.675592, "high": 1, "confidence": 0.95, "method": "wilson"}, "stderr": 0.0, "n": 8},
  "truncated": {"value": 0.0, "n": 8}},
 "absent": {},
 "settings": {"engine": {"threads": 1, "cache_type_k": "f16", "cache_type_v": "f16", "flash_attn": "auto", "n_batch": 2048, "n_ubatch": 512, "repack": true}, "accuracy": {"limit": 8.0, "batch_size": 16, "kv_cells": 32768, "own_kernels": true, "apply_chat_template": false, "chat_template": "", "fewshot_as_multiturn": true, "system_instruction": "", "think_end_token": "auto"}, "seed": 1234},
 "device": {"identity": "0123456789ab", "cpu": {"model": "Example CPU", "architecture": "x86_64", "physical_cores": 2, "logical_cpus": 2, "caches": [], "features": ["avx2"]}, "memory": {"total_bytes": 8589934592, "page_bytes": 4096}, "system": {"os": "Example OS 1"}, "limits": {}, "disk": {}, "accelerators": [], "absent": {}},
 "engine": {"name": "llama", "version": "0.5.0-dev", "threads": 1, "cache_type_k": "f16", "cache_type_v": "f16", "flash_attn": "auto", "context": 4096, "adds_bos": false, "special_tokens": {"bos": {"id": 0, "text": "<|endoftext|>"}, "eos": {"id": 0, "text": "<|endoftext|>"}, "pad": {"id": 0, "text": "<|endoftext|>"}}},
 "model_info": {"architecture": "llama", "name": "nano", "parameters": 3606784, "file_type": "F16", "bits_per_weight": 16.010220739584074, "weight_bytes": 7218176, "file_bytes": 7273824, "context_train": 4096, "has_chat_template": true, "sha256": "e92d232ccc2008ccade8764f450d71eedeee4fab2dfecbd05be276f5b10b2366"},
 "task_info": {"items": 8, "tasks": [{"name": "nano_topic", "output_type": "multiple_choice", "num_fewshot": 0, "version": 1, "data": "nano_topic.jsonl", "config": {"task": "nano_topic", "dataset_path": "json", "dataset_kwargs": {"data_files": {"test": "nano_topic.jsonl", "train": "nano_topic_train.jsonl"}}, "output_type": "multiple_choice", "test_split": "test", "fewshot_split": "train", "fewshot_config": {"sampler": "first_n"}, "doc_to_text": "Text: {{text}}\nTopic:", "doc_to_target": "label", "doc_to_choice": ["food", "music", "weather", "animals"], "num_fewshot": 0, "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": true}], "metadata": {"version": 1}}, "filters": ["none"], "metrics": ["acc"], "items": 8, "rows": 400}]}}');

insert into cells values (3, '0000000000000000000000000000000000000000000000000000000000000003', 'nano', 'fp16', 'nano_qa');
insert into attempts values (3, 1, 1, '{"schema": 1,
 "cell_key": "0000000000000000000000000000000000000000000000000000000000000003",
 "model": "nano",
 "reference": "embedded:nano",
 "precision": "fp16",
 "task": "nano_qa",
 "attempt": 1,
 "status": "ok",
 "started_at": "2026-01-31T10:20:06Z",
 "finished_at": "2026-01-31T10:20:07Z",
 "metrics": {
  "answer_truncated": {"value": 0.0, "n": 8},
  "empty": {"value": 0.0, "n": 8},
  "exact_match": {"value": 0.875, "interval": {"low": 0.529112, "high": 0.977583, "confidence": 0.95, "method": "wilson"}, "stderr": 0.125, "n": 8},
  "incomplete": {"value": 0.0, "n": 8},
  "truncated": {"value": 0.0, "n": 8},
  "unparsed": {"value": 0.0, "n": 8}},
 "absent": {},
 "settings": {"engine": {"threads": 1, "cache_type_k": "f16", "cache_type_v": "f16", "flash_attn": "auto", "n_batch": 2048, "n_ubatch": 512, "repack": true}, "accuracy": {"limit": 8.0, "batch_size": 16, "kv_cells": 32768, "own_kernels": true, "apply_chat_template": false, "chat_template": "", "fewshot_as_multiturn": true, "system_instruction": "", "think_end_token": "auto"}, "seed": 1234},
 "device": {"identity": "0123456789ab", "cpu": {"model": "Example CPU", "architecture": "x86_64", "physical_cores": 2, "logical_cpus": 2, "caches": [], "features": ["avx2"]}, "memory": {"total_bytes": 8589934592, "page_bytes": 4096}, "system": {"os": "Example OS 1"}, "limits": {}, "disk": {}, "accelerators": [], "absent": {}},
 "engine": {"name": "llama", "version": "0.5.0-dev", "threads": 1, "cache_type_k": "f16", "cache_type_v": "f16", "flash_attn": "auto", "context": 8192, "adds_bos": false, "special_tokens": {"bos": {"id": 0, "text": "<|endoftext|>"}, "eos": {"id": 0, "text": "<|endoftext|>"}, "pad": {"id": 0, "text": "<|endoftext|>"}}},
 "model_info": {"architecture": "llama", "name": "nano", "parameters": 3606784, "file_type": "F16", "bits_per_weight": 16.010220739584074, "weight_bytes": 7218176, "file_bytes": 7273824, "context_train": 4096, "has_chat_template": true, "sha256": "e92d232ccc2008ccade8764f450d71eedeee4fab2dfecbd05be276f5b10b2366"},
 "task_info": {"items": 8, "tasks": [{"name": "nano_qa", "output_type": "generate_until", "num_fewshot": 0, "version": 1, "data": "nano_qa.jsonl", "config": {"task": "nano_qa", "dataset_path": "json", "dataset_kwargs": {"data_files": {"test": "nano_qa.jsonl", "train": "nano_qa_train.jsonl"}}, "output_type": "generate_until", "test_split": "test", "fewshot_split": "train", "fewshot_config": {"sampler": "first_n"}, "doc_to_text": "Passage: {{passage}}\nQuestion: {{question}}\nAnswer:", "doc_to_target": "{{answer}}", "num_fewshot": 0, "generation_kwargs": {"until": ["\n", "<|endoftext|>"], "do_sample": false, "max_gen_toks": 12}, "filter_list": [{"name": "remove_whitespace", "filter": [{"function": "remove_whitespace"}, {"function": "take_first"}]}], "metric_list": [{"metric": "exact_match", "aggregation": "mean", "higher_is_better": true, "ignore_case": true, "ignore_punctuation": true}], "metadata": {"version": 1}}, "filters": ["remove_whitespace"], "metrics": ["exact_match"], "generation_kwargs": {"until": ["\n", "<|endoftext|>"], "do_sample": false, "max_gen_toks": 12}, "items": 8, "rows": 400}]}}');

insert into cells values (4, '0000000000000000000000000000000000000000000000000000000000000004', 'nano', 'int8', 'performance');
insert into attempts values (4, 1, 1, '{"schema": 1,
 "cell_key": "0000000000000000000000000000000000000000000000000000000000000004",
 "model": "nano",
 "reference": "embedded:nano",
 "precision": "int8",
 "task": "performance",
 "attempt": 1,
 "status": "ok",
 "started_at": "2026-01-31T10:20:08Z",
 "finished_at": "2026-01-31T10:20:09Z",
 "metrics": {
  "ttft_s": {"value": 0.03, "interval": {"low": 0.0294, "high": 0.0306, "confidence": 0.95, "method": "blocks"}, "n": 30},
  "tpot_s": {"value": 0.0065, "interval": {"low": 0.00637, "high": 0.00663, "confidence": 0.95, "method": "blocks"}, "n": 30},
  "decode_tokens_per_s": {"value": 154.0, "interval": {"low": 150.92, "high": 157.08, "confidence": 0.95, "method": "blocks"}, "n": 30},
  "prefill_tokens_per_s": {"value": 640.0, "interval": {"low": 627.2, "high": 652.8, "confidence": 0.95, "method": "blocks"}, "n": 30},
  "e2e_latency_s": {"value": 0.4395, "interval": {"low": 0.43071, "high": 0.44829, "confidence": 0.95, "method": "blocks"}, "n": 30},
  "output_tokens_per_s": {"value": 145.62, "interval": {"low": 142.7076, "high": 148.5324, "confidence": 0.95, "method": "blocks"}, "n": 30},
  "batch_output_tokens_per_s": {"value": 385.0, "interval": {"low": 377.3, "high": 392.7, "confidence": 0.95, "method": "blocks"}, "n": 12},
  "load_warm_s": {"value": 0.05, "interval": {"low": 0.045, "high": 0.055, "confidence": 0.95, "method": "blocks"}, "n": 5},
  "load_cold_s": {"value": 0.2, "n": 1},
  "prompt_tokens": {"value": 20.0, "n": 30},
  "output_tokens": {"value": 64.0, "n": 30},
  "cached_tokens": {"value": 0.0, "n": 30},
  "private_peak_bytes": {"value": 16777216.0},
  "pss_peak_bytes": {"value": 20671840.0},
  "parameters": {"value": 3606784.0},
  "bits_per_weight": {"value": 8.515011711264107},
  "file_bytes": {"value": 3894624.0},
  "weight_bytes": {"value": 3838976.0}},
 "absent": {"device_memory_bytes": "no accelerator is used", "itl_p99_s": "fewer than 662 gaps"},
 "settings": {"engine": {"threads": 1, "cache_type_k": "f16", "cache_type_v": "f16", "flash_attn": "auto", "n_batch": 2048, "n_ubatch": 512, "repack": true}, "performance": {"prompt": "Once upon a time", "num_warmup": 1, "num_runs": 30, "target_interval": 0.01, "max_seconds": 30.0, "batch_size": 4, "max_new_tokens": 64, "ignore_eos": true}},
 "device": {"identity": "0123456789ab", "cpu": {"model": "Example CPU", "architecture": "x86_64", "physical_cores": 2, "logical_cpus": 2, "caches": [], "features": ["avx2"]}, "memory": {"total_bytes": 8589934592, "page_bytes": 4096}, "system": {"os": "Example OS 1"}, "limits": {}, "disk": {}, "accelerators": [], "absent": {}},
 "engine": {"name": "llama", "version": "0.5.0-dev", "threads": 1, "cache_type_k": "f16", "cache_type_v": "f16", "flash_attn": "auto", "context": 512, "adds_bos": false, "special_tokens": {"bos": {"id": 0, "text": "<|endoftext|>"}, "eos": {"id": 0, "text": "<|endoftext|>"}, "pad": {"id": 0, "text": "<|endoftext|>"}}},
 "model_info": {"architecture": "llama", "name": "nano", "parameters": 3606784, "file_type": "Q8_0", "bits_per_weight": 8.515011711264107, "weight_bytes": 3838976, "file_bytes": 3894624, "context_train": 4096, "has_chat_template": true, "sha256": "6f26899d53bd423a08ecb9deb18f6b41cc4e5ebc5b19c7eb1ce02d4721ad501a"},
 "task_info": {"scenarios": ["6 rounds: as many as were asked for"], "blocks": [
  {"round": 0, "series": "a start of the machine", "values": {"ttft_s": 0.0305052, "tpot_s": 0.00660946, "decode_tokens_per_s": 156.593, "prefill_tokens_per_s": 650.778, "e2e_latency_s": 0.446901, "output_tokens_per_s": 148.072, "batch_output_tokens_per_s": 391.483, "load_warm_s": 0.050842}},
  {"round": 1, "series": "a start of the machine", "values": {"ttft_s": 0.0295032, "tpot_s": 0.00639235, "decode_tokens_per_s": 151.45, "prefill_tokens_per_s": 629.401, "e2e_latency_s": 0.432221, "output_tokens_per_s": 143.208, "batch_output_tokens_per_s": 378.624, "load_warm_s": 0.0491719}},
  {"round": 2, "series": "a start of the machine", "values": {"ttft_s": 0.0295032, "tpot_s": 0.00639235, "decode_tokens_per_s": 151.45, "prefill_tokens_per_s": 629.401, "e2e_latency_s": 0.432221, "output_tokens_per_s": 143.208, "batch_output_tokens_per_s": 378.624, "load_warm_s": 0.0491719}},
  {"round": 3, "series": "a start of the machine", "values": {"ttft_s": 0.0305052, "tpot_s": 0.00660946, "decode_tokens_per_s": 156.593, "prefill_tokens_per_s": 650.778, "e2e_latency_s": 0.446901, "output_tokens_per_s": 148.072, "batch_output_tokens_per_s": 391.483, "load_warm_s": 0.050842}},
  {"round": 4, "series": "a start of the machine", "values": {"ttft_s": 0.0305052, "tpot_s": 0.00660946, "decode_tokens_per_s": 156.593, "prefill_tokens_per_s": 650.778, "e2e_latency_s": 0.446901, "output_tokens_per_s": 148.072, "batch_output_tokens_per_s": 391.483, "load_warm_s": 0.050842}},
  {"round": 5, "series": "a start of the machine", "values": {"ttft_s": 0.0295032, "tpot_s": 0.00639235, "decode_tokens_per_s": 151.45, "prefill_tokens_per_s": 629.401, "e2e_latency_s": 0.432221, "output_tokens_per_s": 143.208, "batch_output_tokens_per_s": 378.624, "load_warm_s": 0.0491719}}]}}');

insert into cells values (5, '0000000000000000000000000000000000000000000000000000000000000005', 'nano', 'int8', 'nano_topic');
insert into attempts values (5, 1, 1, '{"schema": 1,
 "cell_key": "0000000000000000000000000000000000000000000000000000000000000005",
 "model": "nano",
 "reference": "embedded:nano",
 "precision": "int8",
 "task": "nano_topic",
 "attempt": 1,
 "status": "ok",
 "started_at": "2026-01-31T10:20:10Z",
 "finished_at": "2026-01-31T10:20:11Z",
 "metrics": {
  "acc": {"value": 0.875, "interval": {"low": 0.529112, "high": 0.977583, "confidence": 0.95, "method": "wilson"}, "stderr": 0.125, "n": 8},
  "truncated": {"value": 0.0, "n": 8}},
 "absent": {},
 "settings": {"engine": {"threads": 1, "cache_type_k": "f16", "cache_type_v": "f16", "flash_attn": "auto", "n_batch": 2048, "n_ubatch": 512, "repack": true}, "accuracy": {"limit": 8.0, "batch_size": 16, "kv_cells": 32768, "own_kernels": true, "apply_chat_template": false, "chat_template": "", "fewshot_as_multiturn": true, "system_instruction": "", "think_end_token": "auto"}, "seed": 1234},
 "device": {"identity": "0123456789ab", "cpu": {"model": "Example CPU", "architecture": "x86_64", "physical_cores": 2, "logical_cpus": 2, "caches": [], "features": ["avx2"]}, "memory": {"total_bytes": 8589934592, "page_bytes": 4096}, "system": {"os": "Example OS 1"}, "limits": {}, "disk": {}, "accelerators": [], "absent": {}},
 "engine": {"name": "llama", "version": "0.5.0-dev", "threads": 1, "cache_type_k": "f16", "cache_type_v": "f16", "flash_attn": "auto", "context": 4096, "adds_bos": false, "special_tokens": {"bos": {"id": 0, "text": "<|endoftext|>"}, "eos": {"id": 0, "text": "<|endoftext|>"}, "pad": {"id": 0, "text": "<|endoftext|>"}}},
 "model_info": {"architecture": "llama", "name": "nano", "parameters": 3606784, "file_type": "Q8_0", "bits_per_weight": 8.515011711264107, "weight_bytes": 3838976, "file_bytes": 3894624, "context_train": 4096, "has_chat_template": true, "sha256": "6f26899d53bd423a08ecb9deb18f6b41cc4e5ebc5b19c7eb1ce02d4721ad501a"},
 "task_info": {"items": 8, "tasks": [{"name": "nano_topic", "output_type": "multiple_choice", "num_fewshot": 0, "version": 1, "data": "nano_topic.jsonl", "config": {"task": "nano_topic", "dataset_path": "json", "dataset_kwargs": {"data_files": {"test": "nano_topic.jsonl", "train": "nano_topic_train.jsonl"}}, "output_type": "multiple_choice", "test_split": "test", "fewshot_split": "train", "fewshot_config": {"sampler": "first_n"}, "doc_to_text": "Text: {{text}}\nTopic:", "doc_to_target": "label", "doc_to_choice": ["food", "music", "weather", "animals"], "num_fewshot": 0, "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": true}], "metadata": {"version": 1}}, "filters": ["none"], "metrics": ["acc"], "items": 8, "rows": 400}]}}');

insert into cells values (6, '0000000000000000000000000000000000000000000000000000000000000006', 'nano', 'int8', 'nano_qa');
insert into attempts values (6, 1, 1, '{"schema": 1,
 "cell_key": "0000000000000000000000000000000000000000000000000000000000000006",
 "model": "nano",
 "reference": "embedded:nano",
 "precision": "int8",
 "task": "nano_qa",
 "attempt": 1,
 "status": "ok",
 "started_at": "2026-01-31T10:20:12Z",
 "finished_at": "2026-01-31T10:20:13Z",
 "metrics": {
  "answer_truncated": {"value": 0.0, "n": 8},
  "empty": {"value": 0.0, "n": 8},
  "exact_match": {"value": 0.875, "interval": {"low": 0.529112, "high": 0.977583, "confidence": 0.95, "method": "wilson"}, "stderr": 0.125, "n": 8},
  "incomplete": {"value": 0.0, "n": 8},
  "truncated": {"value": 0.0, "n": 8},
  "unparsed": {"value": 0.0, "n": 8}},
 "absent": {},
 "settings": {"engine": {"threads": 1, "cache_type_k": "f16", "cache_type_v": "f16", "flash_attn": "auto", "n_batch": 2048, "n_ubatch": 512, "repack": true}, "accuracy": {"limit": 8.0, "batch_size": 16, "kv_cells": 32768, "own_kernels": true, "apply_chat_template": false, "chat_template": "", "fewshot_as_multiturn": true, "system_instruction": "", "think_end_token": "auto"}, "seed": 1234},
 "device": {"identity": "0123456789ab", "cpu": {"model": "Example CPU", "architecture": "x86_64", "physical_cores": 2, "logical_cpus": 2, "caches": [], "features": ["avx2"]}, "memory": {"total_bytes": 8589934592, "page_bytes": 4096}, "system": {"os": "Example OS 1"}, "limits": {}, "disk": {}, "accelerators": [], "absent": {}},
 "engine": {"name": "llama", "version": "0.5.0-dev", "threads": 1, "cache_type_k": "f16", "cache_type_v": "f16", "flash_attn": "auto", "context": 8192, "adds_bos": false, "special_tokens": {"bos": {"id": 0, "text": "<|endoftext|>"}, "eos": {"id": 0, "text": "<|endoftext|>"}, "pad": {"id": 0, "text": "<|endoftext|>"}}},
 "model_info": {"architecture": "llama", "name": "nano", "parameters": 3606784, "file_type": "Q8_0", "bits_per_weight": 8.515011711264107, "weight_bytes": 3838976, "file_bytes": 3894624, "context_train": 4096, "has_chat_template": true, "sha256": "6f26899d53bd423a08ecb9deb18f6b41cc4e5ebc5b19c7eb1ce02d4721ad501a"},
 "task_info": {"items": 8, "tasks": [{"name": "nano_qa", "output_type": "generate_until", "num_fewshot": 0, "version": 1, "data": "nano_qa.jsonl", "config": {"task": "nano_qa", "dataset_path": "json", "dataset_kwargs": {"data_files": {"test": "nano_qa.jsonl", "train": "nano_qa_train.jsonl"}}, "output_type": "generate_until", "test_split": "test", "fewshot_split": "train", "fewshot_config": {"sampler": "first_n"}, "doc_to_text": "Passage: {{passage}}\nQuestion: {{question}}\nAnswer:", "doc_to_target": "{{answer}}", "num_fewshot": 0, "generation_kwargs": {"until": ["\n", "<|endoftext|>"], "do_sample": false, "max_gen_toks": 12}, "filter_list": [{"name": "remove_whitespace", "filter": [{"function": "remove_whitespace"}, {"function": "take_first"}]}], "metric_list": [{"metric": "exact_match", "aggregation": "mean", "higher_is_better": true, "ignore_case": true, "ignore_punctuation": true}], "metadata": {"version": 1}}, "filters": ["remove_whitespace"], "metrics": ["exact_match"], "generation_kwargs": {"until": ["\n", "<|endoftext|>"], "do_sample": false, "max_gen_toks": 12}, "items": 8, "rows": 400}]}}');

insert into cells values (7, '0000000000000000000000000000000000000000000000000000000000000007', 'nano', 'int4', 'performance');
insert into attempts values (7, 1, 1, '{"schema": 1,
 "cell_key": "0000000000000000000000000000000000000000000000000000000000000007",
 "model": "nano",
 "reference": "embedded:nano",
 "precision": "int4",
 "task": "performance",
 "attempt": 1,
 "status": "ok",
 "started_at": "2026-01-31T10:20:14Z",
 "finished_at": "2026-01-31T10:20:15Z",
 "metrics": {
  "ttft_s": {"value": 0.033, "interval": {"low": 0.03135, "high": 0.03465, "confidence": 0.95, "method": "blocks"}, "n": 30},
  "tpot_s": {"value": 0.0062, "interval": {"low": 0.00589, "high": 0.00651, "confidence": 0.95, "method": "blocks"}, "n": 30},
  "decode_tokens_per_s": {"value": 161.0, "interval": {"low": 152.95, "high": 169.05, "confidence": 0.95, "method": "blocks"}, "n": 30},
  "prefill_tokens_per_s": {"value": 600.0, "interval": {"low": 570.0, "high": 630.0, "confidence": 0.95, "method": "blocks"}, "n": 30},
  "e2e_latency_s": {"value": 0.4236, "interval": {"low": 0.40242, "high": 0.44478, "confidence": 0.95, "method": "blocks"}, "n": 30},
  "output_tokens_per_s": {"value": 151.09, "interval": {"low": 143.5355, "high": 158.6445, "confidence": 0.95, "method": "blocks"}, "n": 30},
  "batch_output_tokens_per_s": {"value": 402.5, "interval": {"low": 382.375, "high": 422.625, "confidence": 0.95, "method": "blocks"}, "n": 12},
  "load_warm_s": {"value": 0.05, "interval": {"low": 0.045, "high": 0.055, "confidence": 0.95, "method": "blocks"}, "n": 5},
  "load_cold_s": {"value": 0.2, "n": 1},
  "prompt_tokens": {"value": 20.0, "n": 30},
  "output_tokens": {"value": 64.0, "n": 30},
  "cached_tokens": {"value": 0.0, "n": 30},
  "private_peak_bytes": {"value": 15728640.0},
  "pss_peak_bytes": {"value": 18057568.0},
  "parameters": {"value": 3606784.0},
  "bits_per_weight": {"value": 5.042231528142523},
  "file_bytes": {"value": 2328928.0},
  "weight_bytes": {"value": 2273280.0}},
 "absent": {"device_memory_bytes": "no accelerator is used", "itl_p99_s": "fewer than 662 gaps"},
 "settings": {"engine": {"threads": 1, "cache_type_k": "f16", "cache_type_v": "f16", "flash_attn": "auto", "n_batch": 2048, "n_ubatch": 512, "repack": true}, "performance": {"prompt": "Once upon a time", "num_warmup": 1, "num_runs": 30, "target_interval": 0.01, "max_seconds": 30.0, "batch_size": 4, "max_new_tokens": 64, "ignore_eos": true}},
 "device": {"identity": "0123456789ab", "cpu": {"model": "Example CPU", "architecture": "x86_64", "physical_cores": 2, "logical_cpus": 2, "caches": [], "features": ["avx2"]}, "memory": {"total_bytes": 8589934592, "page_bytes": 4096}, "system": {"os": "Example OS 1"}, "limits": {}, "disk": {}, "accelerators": [], "absent": {}},
 "engine": {"name": "llama", "version": "0.5.0-dev", "threads": 1, "cache_type_k": "f16", "cache_type_v": "f16", "flash_attn": "auto", "context": 512, "adds_bos": false, "special_tokens": {"bos": {"id": 0, "text": "<|endoftext|>"}, "eos": {"id": 0, "text": "<|endoftext|>"}, "pad": {"id": 0, "text": "<|endoftext|>"}}},
 "model_info": {"architecture": "llama", "name": "nano", "parameters": 3606784, "file_type": "Q4_K_M", "bits_per_weight": 5.042231528142523, "weight_bytes": 2273280, "file_bytes": 2328928, "context_train": 4096, "has_chat_template": true, "sha256": "d34e7fa0dd901bfe7d165bfb60bbfff667972a9fe1ce5a0cc01c23128a74ea03"},
 "task_info": {"scenarios": ["6 rounds: as many as were asked for"], "blocks": [
  {"round": 0, "series": "a start of the machine", "values": {"ttft_s": 0.0335557, "tpot_s": 0.00630441, "decode_tokens_per_s": 163.711, "prefill_tokens_per_s": 610.104, "e2e_latency_s": 0.430734, "output_tokens_per_s": 153.634, "batch_output_tokens_per_s": 409.278, "load_warm_s": 0.050842}},
  {"round": 1, "series": "a start of the machine", "values": {"ttft_s": 0.0324535, "tpot_s": 0.00609732, "decode_tokens_per_s": 158.334, "prefill_tokens_per_s": 590.063, "e2e_latency_s": 0.416585, "output_tokens_per_s": 148.588, "batch_output_tokens_per_s": 395.834, "load_warm_s": 0.0491719}},
  {"round": 2, "series": "a start of the machine", "values": {"ttft_s": 0.0335557, "tpot_s": 0.00630441, "decode_tokens_per_s": 163.711, "prefill_tokens_per_s": 610.104, "e2e_latency_s": 0.430734, "output_tokens_per_s": 153.634, "batch_output_tokens_per_s": 409.278, "load_warm_s": 0.050842}},
  {"round": 3, "series": "a start of the machine", "values": {"ttft_s": 0.0324535, "tpot_s": 0.00609732, "decode_tokens_per_s": 158.334, "prefill_tokens_per_s": 590.063, "e2e_latency_s": 0.416585, "output_tokens_per_s": 148.588, "batch_output_tokens_per_s": 395.834, "load_warm_s": 0.0491719}},
  {"round": 4, "series": "a start of the machine", "values": {"ttft_s": 0.0335557, "tpot_s": 0.00630441, "decode_tokens_per_s": 163.711, "prefill_tokens_per_s": 610.104, "e2e_latency_s": 0.430734, "output_tokens_per_s": 153.634, "batch_output_tokens_per_s": 409.278, "load_warm_s": 0.050842}},
  {"round": 5, "series": "a start of the machine", "values": {"ttft_s": 0.0324535, "tpot_s": 0.00609732, "decode_tokens_per_s": 158.334, "prefill_tokens_per_s": 590.063, "e2e_latency_s": 0.416585, "output_tokens_per_s": 148.588, "batch_output_tokens_per_s": 395.834, "load_warm_s": 0.0491719}}]},
 "warnings": ["single_stream: other programs used 8.0 % of the CPU time"]}');

insert into cells values (8, '0000000000000000000000000000000000000000000000000000000000000008', 'nano', 'int4', 'nano_topic');
insert into attempts values (8, 1, 1, '{"schema": 1,
 "cell_key": "0000000000000000000000000000000000000000000000000000000000000008",
 "model": "nano",
 "reference": "embedded:nano",
 "precision": "int4",
 "task": "nano_topic",
 "attempt": 1,
 "status": "ok",
 "started_at": "2026-01-31T10:20:16Z",
 "finished_at": "2026-01-31T10:20:17Z",
 "metrics": {
  "acc": {"value": 0.625, "interval": {"low": 0.305742, "high": 0.863156, "confidence": 0.95, "method": "wilson"}, "stderr": 0.182981, "n": 8},
  "truncated": {"value": 0.0, "n": 8}},
 "absent": {},
 "settings": {"engine": {"threads": 1, "cache_type_k": "f16", "cache_type_v": "f16", "flash_attn": "auto", "n_batch": 2048, "n_ubatch": 512, "repack": true}, "accuracy": {"limit": 8.0, "batch_size": 16, "kv_cells": 32768, "own_kernels": true, "apply_chat_template": false, "chat_template": "", "fewshot_as_multiturn": true, "system_instruction": "", "think_end_token": "auto"}, "seed": 1234},
 "device": {"identity": "0123456789ab", "cpu": {"model": "Example CPU", "architecture": "x86_64", "physical_cores": 2, "logical_cpus": 2, "caches": [], "features": ["avx2"]}, "memory": {"total_bytes": 8589934592, "page_bytes": 4096}, "system": {"os": "Example OS 1"}, "limits": {}, "disk": {}, "accelerators": [], "absent": {}},
 "engine": {"name": "llama", "version": "0.5.0-dev", "threads": 1, "cache_type_k": "f16", "cache_type_v": "f16", "flash_attn": "auto", "context": 4096, "adds_bos": false, "special_tokens": {"bos": {"id": 0, "text": "<|endoftext|>"}, "eos": {"id": 0, "text": "<|endoftext|>"}, "pad": {"id": 0, "text": "<|endoftext|>"}}},
 "model_info": {"architecture": "llama", "name": "nano", "parameters": 3606784, "file_type": "Q4_K_M", "bits_per_weight": 5.042231528142523, "weight_bytes": 2273280, "file_bytes": 2328928, "context_train": 4096, "has_chat_template": true, "sha256": "d34e7fa0dd901bfe7d165bfb60bbfff667972a9fe1ce5a0cc01c23128a74ea03"},
 "task_info": {"items": 8, "tasks": [{"name": "nano_topic", "output_type": "multiple_choice", "num_fewshot": 0, "version": 1, "data": "nano_topic.jsonl", "config": {"task": "nano_topic", "dataset_path": "json", "dataset_kwargs": {"data_files": {"test": "nano_topic.jsonl", "train": "nano_topic_train.jsonl"}}, "output_type": "multiple_choice", "test_split": "test", "fewshot_split": "train", "fewshot_config": {"sampler": "first_n"}, "doc_to_text": "Text: {{text}}\nTopic:", "doc_to_target": "label", "doc_to_choice": ["food", "music", "weather", "animals"], "num_fewshot": 0, "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": true}], "metadata": {"version": 1}}, "filters": ["none"], "metrics": ["acc"], "items": 8, "rows": 400}]}}');

insert into cells values (9, '0000000000000000000000000000000000000000000000000000000000000009', 'nano', 'int4', 'nano_qa');
insert into attempts values (9, 1, 1, '{"schema": 1,
 "cell_key": "0000000000000000000000000000000000000000000000000000000000000009",
 "model": "nano",
 "reference": "embedded:nano",
 "precision": "int4",
 "task": "nano_qa",
 "attempt": 1,
 "status": "failed",
 "started_at": "2026-01-31T10:20:18Z",
 "finished_at": "2026-01-31T10:20:19Z",
 "metrics": {},
 "absent": {},
 "settings": {"engine": {"threads": 1, "cache_type_k": "f16", "cache_type_v": "f16", "flash_attn": "auto", "n_batch": 2048, "n_ubatch": 512, "repack": true}, "accuracy": {"limit": 8.0, "batch_size": 16, "kv_cells": 32768, "own_kernels": true, "apply_chat_template": false, "chat_template": "", "fewshot_as_multiturn": true, "system_instruction": "", "think_end_token": "auto"}, "seed": 1234},
 "device": {"identity": "0123456789ab", "cpu": {"model": "Example CPU", "architecture": "x86_64", "physical_cores": 2, "logical_cpus": 2, "caches": [], "features": ["avx2"]}, "memory": {"total_bytes": 8589934592, "page_bytes": 4096}, "system": {"os": "Example OS 1"}, "limits": {}, "disk": {}, "accelerators": [], "absent": {}},
 "engine": {"name": "llama", "version": "0.5.0-dev", "threads": 1, "cache_type_k": "f16", "cache_type_v": "f16", "flash_attn": "auto", "context": 8192, "adds_bos": false, "special_tokens": {"bos": {"id": 0, "text": "<|endoftext|>"}, "eos": {"id": 0, "text": "<|endoftext|>"}, "pad": {"id": 0, "text": "<|endoftext|>"}}},
 "failure": {"kind": "worker", "message": "the worker was killed while it scored items (is there enough memory?)", "signal": "SIGKILL"}}');

insert into cells values (10, '000000000000000000000000000000000000000000000000000000000000000a', 'nano', 'MXFP4_MOE', 'performance');
insert into attempts values (10, 1, 1, '{"schema": 1,
 "cell_key": "000000000000000000000000000000000000000000000000000000000000000a",
 "model": "nano",
 "reference": "embedded:nano",
 "precision": "MXFP4_MOE",
 "task": "performance",
 "attempt": 1,
 "status": "skipped",
 "reasons": ["nano has no experts, and MXFP4_MOE is for mixtures of experts only"],
 "started_at": "2026-01-31T10:20:20Z",
 "finished_at": "2026-01-31T10:20:21Z",
 "metrics": {},
 "absent": {},
 "settings": {"engine": {"cache_type_k": "f16", "cache_type_v": "f16", "flash_attn": "auto", "n_batch": 2048, "n_ubatch": 512, "repack": true}, "performance": {"prompt": "Write a short story about a lighthouse keeper who finds a small boat on the shore one morning. Say who was in it, where it came from, and what the keeper did next.", "target_interval": 0.01, "max_seconds": 30.0, "batch_size": 8, "max_new_tokens": 256, "ignore_eos": true}},
 "device": {"identity": "0123456789ab", "cpu": {"model": "Example CPU", "architecture": "x86_64", "physical_cores": 2, "logical_cpus": 2, "caches": [], "features": ["avx2"]}, "memory": {"total_bytes": 8589934592, "page_bytes": 4096}, "system": {"os": "Example OS 1"}, "limits": {}, "disk": {}, "accelerators": [], "absent": {}},
 "engine": {"name": "llama", "version": "0.5.0-dev"}}');

insert into items values (2, 'nano_topic', 27, '{"acc": 1.0}',
'{"doc_id": 27, "doc": {"text": "A wild dorrow slept in the straw and Kutis kept still.", "label": 3}, "target": 3, "doc_hash": "f0904bff16911d685ff9a067b8c059bd0998fdd61a302b0ac9f032bb4f3e6f65", "prompt_hash": "f16513b8a4624521b45f45cd6a818c233e99e7014709d5c6bc84a916bc0eee2d", "target_hash": "4e07408562bedb8b60ce05c1decfe3ad16b72230967de01f640b7e4729b49fce", "truncated": false, "context": "Text: A wild dorrow slept in the straw and Kutis kept still.\nTopic:", "continuations": [" food", " music", " weather", " animals"], "log_likelihoods": [-6.34, -5.62, -9.43, -0.01], "is_greedy": [false, false, false, true], "context_tokens": [17, 17, 17, 17], "continuation_tokens": [1, 1, 1, 1], "gold": 3, "predicted": 3}');
insert into items values (2, 'nano_topic', 78, '{"acc": 1.0}',
'{"doc_id": 78, "doc": {"text": "Buram saw a herd in Saford, and one mosskin drank from the pond.", "label": 3}, "target": 3, "doc_hash": "5fcc955d3f1963bbb4381f92fde8b5a3fc3ee22e6d221ff022226786a4bdb0aa", "prompt_hash": "edd4445ef2ed895c548e34d1ec5fcdaf0f6941b2b9e664765b94b33510827cd4", "target_hash": "4e07408562bedb8b60ce05c1decfe3ad16b72230967de01f640b7e4729b49fce", "truncated": false, "context": "Text: Buram saw a herd in Saford, and one mosskin drank from the pond.\nTopic:", "continuations": [" food", " music", " weather", " animals"], "log_likelihoods": [-9.01, -8.82, -7.24, -0.0], "is_greedy": [false, false, false, true], "context_tokens": [20, 20, 20, 20], "continuation_tokens": [1, 1, 1, 1], "gold": 3, "predicted": 3}');
insert into items values (2, 'nano_topic', 82, '{"acc": 1.0}',
'{"doc_id": 82, "doc": {"text": "In Ristead the singers began an old song with the zither.", "label": 1}, "target": 1, "doc_hash": "35d95ca8d3787e03e9e2dde5e30165c73b56aca1dc12fca52de9ebff7e12578a", "prompt_hash": "49d0ca243a631f6a4fd04b54caf51c2dcfd121b1424ff1a45aac03d632ee6724", "target_hash": "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b", "truncated": false, "context": "Text: In Ristead the singers began an old song with the zither.\nTopic:", "continuations": [" food", " music", " weather", " animals"], "log_likelihoods": [-7.81, -0.0, -11.28, -8.83], "is_greedy": [false, true, false, false], "context_tokens": [18, 18, 18, 18], "continuation_tokens": [1, 1, 1, 1], "gold": 1, "predicted": 1}');
insert into items values (2, 'nano_topic', 163, '{"acc": 1.0}',
'{"doc_id": 163, "doc": {"text": "Velin looked up at the clouds and feared rain in spring.", "label": 2}, "target": 2, "doc_hash": "ed204f77f1e313c5b322ba7d0b2cc29b17730e1212e82ccfe1535c7e16c6ce1c", "prompt_hash": "11300411cec380e4c1f9a99469a8bb0cc08666acff1d987158c7ef945c4cbff5", "target_hash": "d4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35", "truncated": false, "context": "Text: Velin looked up at the clouds and feared rain in spring.\nTopic:", "continuations": [" food", " music", " weather", " animals"], "log_likelihoods": [-13.32, -7.84, -0.0, -8.63], "is_greedy": [false, false, true, false], "context_tokens": [17, 17, 17, 17], "continuation_tokens": [1, 1, 1, 1], "gold": 2, "predicted": 2}');
insert into items values (2, 'nano_topic', 236, '{"acc": 1.0}',
'{"doc_id": 236, "doc": {"text": "The storm brought hail to Kuford at noon.", "label": 2}, "target": 2, "doc_hash": "5e6cfa2adc640cde42166e20e0a9a27ad65a407f2e9b98c529a28d82799569f3", "prompt_hash": "1a3e22ddd4731281f9e4a1b049c0cd3c28590ee707e45a706b662b1e22825f74", "target_hash": "d4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35", "truncated": false, "context": "Text: The storm brought hail to Kuford at noon.\nTopic:", "continuations": [" food", " music", " weather", " animals"], "log_likelihoods": [-13.81, -7.91, -0.0, -8.46], "is_greedy": [false, false, true, false], "context_tokens": [14, 14, 14, 14], "continuation_tokens": [1, 1, 1, 1], "gold": 2, "predicted": 2}');
insert into items values (2, 'nano_topic', 253, '{"acc": 1.0}',
'{"doc_id": 253, "doc": {"text": "In Brask they serve onion pie with herbs.", "label": 0}, "target": 0, "doc_hash": "d5824a8a69240e6cc4c37c64429cf963c5482da65bec9bff7014c49f99b1dbeb", "prompt_hash": "c4a85d0bec2f3ee8c5c216bacf603c72f45e2ec6bf80f0c0123a19dbfadd19dc", "target_hash": "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9", "truncated": false, "context": "Text: In Brask they serve onion pie with herbs.\nTopic:", "continuations": [" food", " music", " weather", " animals"], "log_likelihoods": [-0.02, -5.74, -9.03, -5.6], "is_greedy": [true, false, false, false], "context_tokens": [16, 16, 16, 16], "continuation_tokens": [1, 1, 1, 1], "gold": 0, "predicted": 0}');
insert into items values (2, 'nano_topic', 281, '{"acc": 1.0}',
'{"doc_id": 281, "doc": {"text": "Matis tuned the bell before an old song.", "label": 1}, "target": 1, "doc_hash": "e58a3b3d3646a2b7674da8cf2187799c5c15c8c32224904120eaf583d57b1169", "prompt_hash": "893355ef5178c9d78fcdd7025d6643dcc575cd5bd1a06fd9717b9d7b8a0a9e77", "target_hash": "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b", "truncated": false, "context": "Text: Matis tuned the bell before an old song.\nTopic:", "continuations": [" food", " music", " weather", " animals"], "log_likelihoods": [-8.07, -0.0, -9.12, -7.96], "is_greedy": [false, true, false, false], "context_tokens": [15, 15, 15, 15], "continuation_tokens": [1, 1, 1, 1], "gold": 1, "predicted": 1}');
insert into items values (2, 'nano_topic', 315, '{"acc": 1.0}',
'{"doc_id": 315, "doc": {"text": "Tratis saw a herd in Riford, and one tuffle drank from the pond.", "label": 3}, "target": 3, "doc_hash": "c520b9a8a61a594421f28076ad50875a47932e09204f90013dc11763ffd7fce6", "prompt_hash": "344d490b886703c3f200a5268361eeadbdf6309ade0ed39e2345a0a1332fe640", "target_hash": "4e07408562bedb8b60ce05c1decfe3ad16b72230967de01f640b7e4729b49fce", "truncated": false, "context": "Text: Tratis saw a herd in Riford, and one tuffle drank from the pond.\nTopic:", "continuations": [" food", " music", " weather", " animals"], "log_likelihoods": [-8.51, -8.21, -6.48, -0.0], "is_greedy": [false, false, false, true], "context_tokens": [20, 20, 20, 20], "continuation_tokens": [1, 1, 1, 1], "gold": 3, "predicted": 3}');
insert into items values (3, 'nano_qa', 3, '{"exact_match": 1.0}',
'{"doc_id": 3, "doc": {"passage": "The favourite food of Kutis is goat cheese. The home of Detis is in Tromere. On feast days Detis always asks for plum bread. Kutis earns a living as a candlemaker.", "question": "In which town does Detis live?", "answer": "Tromere"}, "target": "Tromere", "doc_hash": "912471c87adb057de318c4fdd239ba0bbc43a0883210e6b8951b4f67d2852c1b", "prompt_hash": "892caadbf230288e572ebc5ecb0b411b50932939721c5a027bc766d6b91f1a06", "target_hash": "15d7c509d379be0db8fc7ee7bfc73ca82b126fbbfadcfe07e0e68db79d306eeb", "truncated": false, "context": "Passage: The favourite food of Kutis is goat cheese. The home of Detis is in Tromere. On feast days Detis always asks for plum bread. Kutis earns a living as a candlemaker.\nQuestion: In which town does Detis live?\nAnswer:", "until": ["\n", "<|endoftext|>"], "resps": [" Tromere"], "empty": false, "answer_truncated": false, "incomplete": false, "finish": "stop", "context_tokens": 50, "output_tokens": 2, "filtered_resps": {"remove_whitespace": ["Tromere"]}, "unparsed": {"remove_whitespace": false}}');
insert into items values (3, 'nano_qa', 17, '{"exact_match": 1.0}',
'{"doc_id": 17, "doc": {"passage": "The pet of Stiven is a habnel. The coat of Stiven is blue. The pet of Nitis is a velk. Nitis plays the harp.", "question": "What animal does Nitis keep?", "answer": "a velk"}, "target": "a velk", "doc_hash": "e6516a187381d294c7e66c997db1ec82da02953479afd49946e20039ff4bcb64", "prompt_hash": "fafcdbb8273fc6b6fe5148c97ee8245608f3b0fd4ef59b5baaf7a637a82e9808", "target_hash": "198101a99f40a9d02499a17e9375ce340dced60bed17d80a2ce2533d577bc47b", "truncated": false, "context": "Passage: The pet of Stiven is a habnel. The coat of Stiven is blue. The pet of Nitis is a velk. Nitis plays the harp.\nQuestion: What animal does Nitis keep?\nAnswer:", "until": ["\n", "<|endoftext|>"], "resps": [" a velk"], "empty": false, "answer_truncated": false, "incomplete": false, "finish": "stop", "context_tokens": 42, "output_tokens": 3, "filtered_resps": {"remove_whitespace": ["a velk"]}, "unparsed": {"remove_whitespace": false}}');
insert into items values (3, 'nano_qa', 46, '{"exact_match": 0.0}',
'{"doc_id": 46, "doc": {"passage": "A lurran follows Radun everywhere. Tratis has a house in Miwick. The favourite food of Radun is barley soup. Tratis earns a living as a beekeeper.", "question": "What does Tratis do for a living?", "answer": "a beekeeper"}, "target": "a beekeeper", "doc_hash": "828fef6b0d588c513cfc270738a9da5deb0914cb7e4d5c794884a91a86de7ccf", "prompt_hash": "ebb7b9656052b5495ef7dc53a88a751680f012f028c742dfa3a18cebb120ea9c", "target_hash": "93c80af14b4518e895bc29fe020db6d543b12bdfb23bc3a1bef7fd1a059375cf", "truncated": false, "context": "Passage: A lurran follows Radun everywhere. Tratis has a house in Miwick. The favourite food of Radun is barley soup. Tratis earns a living as a beekeeper.\nQuestion: What does Tratis do for a living?\nAnswer:", "until": ["\n", "<|endoftext|>"], "resps": [" nobody"], "empty": false, "answer_truncated": false, "incomplete": false, "finish": "stop", "context_tokens": 46, "output_tokens": 3, "filtered_resps": {"remove_whitespace": ["nobody"]}, "unparsed": {"remove_whitespace": false}}');
insert into items values (3, 'nano_qa', 59, '{"exact_match": 1.0}',
'{"doc_id": 59, "doc": {"passage": "Modun has a pet mosskin. Jadun wears a green coat. The instrument of Jadun is the whistle. The favourite colour of Modun is green.", "question": "What is the favourite colour of Modun?", "answer": "green"}, "target": "green", "doc_hash": "9b2a6986ab278cb021ed52f78f2277f23cd10ab5049ac903384c9b8048419fcd", "prompt_hash": "8378950d4112ca6c130468710e7aec45729380418e329a2795a38e669b202d26", "target_hash": "ba4788b226aa8dc2e6dc74248bb9f618cfa8c959e0c26c147be48f6839a0b088", "truncated": false, "context": "Passage: Modun has a pet mosskin. Jadun wears a green coat. The instrument of Jadun is the whistle. The favourite colour of Modun is green.\nQuestion: What is the favourite colour of Modun?\nAnswer:", "until": ["\n", "<|endoftext|>"], "resps": [" green"], "empty": false, "answer_truncated": false, "incomplete": false, "finish": "stop", "context_tokens": 44, "output_tokens": 2, "filtered_resps": {"remove_whitespace": ["green"]}, "unparsed": {"remove_whitespace": false}}');
insert into items values (3, 'nano_qa', 225, '{"exact_match": 1.0}',
'{"doc_id": 225, "doc": {"passage": "By trade Detis is a miller. Toven likes roast turnip best. Toven plays the lute. Detis has a pet habnel.", "question": "What food does Toven like best?", "answer": "roast turnip"}, "target": "roast turnip", "doc_hash": "f7a77f553c6f5b170f6bef0411b21424849ee384123a45de8e4911da7911cde3", "prompt_hash": "b75be091950b20958d879183e801c436feb3bc62d3161a69e3533cc3ad079e7c", "target_hash": "2ae6489709c5554fc25db89bb7dac89896615cce4e3474205036a9d0d89606da", "truncated": false, "context": "Passage: By trade Detis is a miller. Toven likes roast turnip best. Toven plays the lute. Detis has a pet habnel.\nQuestion: What food does Toven like best?\nAnswer:", "until": ["\n", "<|endoftext|>"], "resps": [" roast turnip"], "empty": false, "answer_truncated": false, "incomplete": false, "finish": "stop", "context_tokens": 39, "output_tokens": 3, "filtered_resps": {"remove_whitespace": ["roast turnip"]}, "unparsed": {"remove_whitespace": false}}');
insert into items values (3, 'nano_qa', 298, '{"exact_match": 1.0}',
'{"doc_id": 298, "doc": {"passage": "A velk follows Kutis everywhere. The pet of Misa is a habnel. The instrument of Misa is the whistle. Kutis loves the colour orange.", "question": "What is the instrument of Misa?", "answer": "the whistle"}, "target": "the whistle", "doc_hash": "341caff0c8042d98bee1242d8aaef41f1e2f90b97c5b84c50717d77495c846a4", "prompt_hash": "8e1380d0dfa1cd647be56045aad0fffe76c8f1736e13d9043314872a72f2bdf1", "target_hash": "3f7959e040ecebf77719103326c4a26f6e762d2f82a1c17844efb374728fb63b", "truncated": false, "context": "Passage: A velk follows Kutis everywhere. The pet of Misa is a habnel. The instrument of Misa is the whistle. Kutis loves the colour orange.\nQuestion: What is the instrument of Misa?\nAnswer:", "until": ["\n", "<|endoftext|>"], "resps": [" the whistle"], "empty": false, "answer_truncated": false, "incomplete": false, "finish": "stop", "context_tokens": 43, "output_tokens": 3, "filtered_resps": {"remove_whitespace": ["the whistle"]}, "unparsed": {"remove_whitespace": false}}');
insert into items values (3, 'nano_qa', 343, '{"exact_match": 1.0}',
'{"doc_id": 343, "doc": {"passage": "The favourite food of Kilin is goat cheese. Kilin is a gardener. The instrument of Stiven is the zither. Stiven would rather eat lentil stew than anything else.", "question": "What does Stiven play?", "answer": "the zither"}, "target": "the zither", "doc_hash": "afce26fcf956d6cf3d9eca67034873e474820b8882e3fb8bdae6e029b243825f", "prompt_hash": "68e22f385e0b07f659fbbaf434b0f5790cd3a728b0505caaeba25229b827e1d9", "target_hash": "196c248590e75e0b5066cb7b0269f41126fba4868c2d376feb168153dea488bc", "truncated": false, "context": "Passage: The favourite food of Kilin is goat cheese. Kilin is a gardener. The instrument of Stiven is the zither. Stiven would rather eat lentil stew than anything else.\nQuestion: What does Stiven play?\nAnswer:", "until": ["\n", "<|endoftext|>"], "resps": [" the zither"], "empty": false, "answer_truncated": false, "incomplete": false, "finish": "stop", "context_tokens": 45, "output_tokens": 3, "filtered_resps": {"remove_whitespace": ["the zither"]}, "unparsed": {"remove_whitespace": false}}');
insert into items values (3, 'nano_qa', 354, '{"exact_match": 1.0}',
'{"doc_id": 354, "doc": {"passage": "Koro earns a living as a carpenter. Risa would rather eat nut porridge than anything else. The home of Risa is in Kuford. A dorrow follows Koro everywhere.", "question": "What follows Koro everywhere?", "answer": "a dorrow"}, "target": "a dorrow", "doc_hash": "a3a4320f40b6ff6306ca6c8f44637372afeeda83e9c03d987ab718ad1e1e8308", "prompt_hash": "5343b5ecfbee682e79b3bb28a749931ee0a536e2dfbe0052856a5d90795ed500", "target_hash": "c798fdf10f8f2d952b71c27260986c6db7c30a5f8559216bdaf00fd9de272ef8", "truncated": false, "context": "Passage: Koro earns a living as a carpenter. Risa would rather eat nut porridge than anything else. The home of Risa is in Kuford. A dorrow follows Koro everywhere.\nQuestion: What follows Koro everywhere?\nAnswer:", "until": ["\n", "<|endoftext|>"], "resps": [" a dorrow"], "empty": false, "answer_truncated": false, "incomplete": false, "finish": "stop", "context_tokens": 45, "output_tokens": 3, "filtered_resps": {"remove_whitespace": ["a dorrow"]}, "unparsed": {"remove_whitespace": false}}');
insert into items values (5, 'nano_topic', 27, '{"acc": 1.0}',
'{"doc_id": 27, "doc": {"text": "A wild dorrow slept in the straw and Kutis kept still.", "label": 3}, "target": 3, "doc_hash": "f0904bff16911d685ff9a067b8c059bd0998fdd61a302b0ac9f032bb4f3e6f65", "prompt_hash": "f16513b8a4624521b45f45cd6a818c233e99e7014709d5c6bc84a916bc0eee2d", "target_hash": "4e07408562bedb8b60ce05c1decfe3ad16b72230967de01f640b7e4729b49fce", "truncated": false, "context": "Text: A wild dorrow slept in the straw and Kutis kept still.\nTopic:", "continuations": [" food", " music", " weather", " animals"], "log_likelihoods": [-6.32, -5.61, -9.26, -0.01], "is_greedy": [false, false, false, true], "context_tokens": [17, 17, 17, 17], "continuation_tokens": [1, 1, 1, 1], "gold": 3, "predicted": 3}');
insert into items values (5, 'nano_topic', 78, '{"acc": 0.0}',
'{"doc_id": 78, "doc": {"text": "Buram saw a herd in Saford, and one mosskin drank from the pond.", "label": 3}, "target": 3, "doc_hash": "5fcc955d3f1963bbb4381f92fde8b5a3fc3ee22e6d221ff022226786a4bdb0aa", "prompt_hash": "edd4445ef2ed895c548e34d1ec5fcdaf0f6941b2b9e664765b94b33510827cd4", "target_hash": "4e07408562bedb8b60ce05c1decfe3ad16b72230967de01f640b7e4729b49fce", "truncated": false, "context": "Text: Buram saw a herd in Saford, and one mosskin drank from the pond.\nTopic:", "continuations": [" food", " music", " weather", " animals"], "log_likelihoods": [-0.0, -8.78, -7.3, -8.97], "is_greedy": [true, false, false, false], "context_tokens": [20, 20, 20, 20], "continuation_tokens": [1, 1, 1, 1], "gold": 3, "predicted": 0}');
insert into items values (5, 'nano_topic', 82, '{"acc": 1.0}',
'{"doc_id": 82, "doc": {"text": "In Ristead the singers began an old song with the zither.", "label": 1}, "target": 1, "doc_hash": "35d95ca8d3787e03e9e2dde5e30165c73b56aca1dc12fca52de9ebff7e12578a", "prompt_hash": "49d0ca243a631f6a4fd04b54caf51c2dcfd121b1424ff1a45aac03d632ee6724", "target_hash": "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b", "truncated": false, "context": "Text: In Ristead the singers began an old song with the zither.\nTopic:", "continuations": [" food", " music", " weather", " animals"], "log_likelihoods": [-7.73, -0.0, -11.23, -8.82], "is_greedy": [false, true, false, false], "context_tokens": [18, 18, 18, 18], "continuation_tokens": [1, 1, 1, 1], "gold": 1, "predicted": 1}');
insert into items values (5, 'nano_topic', 163, '{"acc": 1.0}',
'{"doc_id": 163, "doc": {"text": "Velin looked up at the clouds and feared rain in spring.", "label": 2}, "target": 2, "doc_hash": "ed204f77f1e313c5b322ba7d0b2cc29b17730e1212e82ccfe1535c7e16c6ce1c", "prompt_hash": "11300411cec380e4c1f9a99469a8bb0cc08666acff1d987158c7ef945c4cbff5", "target_hash": "d4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35", "truncated": false, "context": "Text: Velin looked up at the clouds and feared rain in spring.\nTopic:", "continuations": [" food", " music", " weather", " animals"], "log_likelihoods": [-13.38, -7.9, -0.0, -8.76], "is_greedy": [false, false, true, false], "context_tokens": [17, 17, 17, 17], "continuation_tokens": [1, 1, 1, 1], "gold": 2, "predicted": 2}');
insert into items values (5, 'nano_topic', 236, '{"acc": 1.0}',
'{"doc_id": 236, "doc": {"text": "The storm brought hail to Kuford at noon.", "label": 2}, "target": 2, "doc_hash": "5e6cfa2adc640cde42166e20e0a9a27ad65a407f2e9b98c529a28d82799569f3", "prompt_hash": "1a3e22ddd4731281f9e4a1b049c0cd3c28590ee707e45a706b662b1e22825f74", "target_hash": "d4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35", "truncated": false, "context": "Text: The storm brought hail to Kuford at noon.\nTopic:", "continuations": [" food", " music", " weather", " animals"], "log_likelihoods": [-13.81, -7.93, -0.0, -8.47], "is_greedy": [false, false, true, false], "context_tokens": [14, 14, 14, 14], "continuation_tokens": [1, 1, 1, 1], "gold": 2, "predicted": 2}');
insert into items values (5, 'nano_topic', 253, '{"acc": 1.0}',
'{"doc_id": 253, "doc": {"text": "In Brask they serve onion pie with herbs.", "label": 0}, "target": 0, "doc_hash": "d5824a8a69240e6cc4c37c64429cf963c5482da65bec9bff7014c49f99b1dbeb", "prompt_hash": "c4a85d0bec2f3ee8c5c216bacf603c72f45e2ec6bf80f0c0123a19dbfadd19dc", "target_hash": "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9", "truncated": false, "context": "Text: In Brask they serve onion pie with herbs.\nTopic:", "continuations": [" food", " music", " weather", " animals"], "log_likelihoods": [-0.02, -5.83, -8.93, -5.58], "is_greedy": [true, false, false, false], "context_tokens": [16, 16, 16, 16], "continuation_tokens": [1, 1, 1, 1], "gold": 0, "predicted": 0}');
insert into items values (5, 'nano_topic', 281, '{"acc": 1.0}',
'{"doc_id": 281, "doc": {"text": "Matis tuned the bell before an old song.", "label": 1}, "target": 1, "doc_hash": "e58a3b3d3646a2b7674da8cf2187799c5c15c8c32224904120eaf583d57b1169", "prompt_hash": "893355ef5178c9d78fcdd7025d6643dcc575cd5bd1a06fd9717b9d7b8a0a9e77", "target_hash": "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b", "truncated": false, "context": "Text: Matis tuned the bell before an old song.\nTopic:", "continuations": [" food", " music", " weather", " animals"], "log_likelihoods": [-8.02, -0.0, -9.15, -8.03], "is_greedy": [false, true, false, false], "context_tokens": [15, 15, 15, 15], "continuation_tokens": [1, 1, 1, 1], "gold": 1, "predicted": 1}');
insert into items values (5, 'nano_topic', 315, '{"acc": 1.0}',
'{"doc_id": 315, "doc": {"text": "Tratis saw a herd in Riford, and one tuffle drank from the pond.", "label": 3}, "target": 3, "doc_hash": "c520b9a8a61a594421f28076ad50875a47932e09204f90013dc11763ffd7fce6", "prompt_hash": "344d490b886703c3f200a5268361eeadbdf6309ade0ed39e2345a0a1332fe640", "target_hash": "4e07408562bedb8b60ce05c1decfe3ad16b72230967de01f640b7e4729b49fce", "truncated": false, "context": "Text: Tratis saw a herd in Riford, and one tuffle drank from the pond.\nTopic:", "continuations": [" food", " music", " weather", " animals"], "log_likelihoods": [-8.46, -8.2, -6.42, -0.0], "is_greedy": [false, false, false, true], "context_tokens": [20, 20, 20, 20], "continuation_tokens": [1, 1, 1, 1], "gold": 3, "predicted": 3}');
insert into items values (6, 'nano_qa', 3, '{"exact_match": 1.0}',
'{"doc_id": 3, "doc": {"passage": "The favourite food of Kutis is goat cheese. The home of Detis is in Tromere. On feast days Detis always asks for plum bread. Kutis earns a living as a candlemaker.", "question": "In which town does Detis live?", "answer": "Tromere"}, "target": "Tromere", "doc_hash": "912471c87adb057de318c4fdd239ba0bbc43a0883210e6b8951b4f67d2852c1b", "prompt_hash": "892caadbf230288e572ebc5ecb0b411b50932939721c5a027bc766d6b91f1a06", "target_hash": "15d7c509d379be0db8fc7ee7bfc73ca82b126fbbfadcfe07e0e68db79d306eeb", "truncated": false, "context": "Passage: The favourite food of Kutis is goat cheese. The home of Detis is in Tromere. On feast days Detis always asks for plum bread. Kutis earns a living as a candlemaker.\nQuestion: In which town does Detis live?\nAnswer:", "until": ["\n", "<|endoftext|>"], "resps": [" Tromere"], "empty": false, "answer_truncated": false, "incomplete": false, "finish": "stop", "context_tokens": 50, "output_tokens": 2, "filtered_resps": {"remove_whitespace": ["Tromere"]}, "unparsed": {"remove_whitespace": false}}');
insert into items values (6, 'nano_qa', 17, '{"exact_match": 1.0}',
'{"doc_id": 17, "doc": {"passage": "The pet of Stiven is a habnel. The coat of Stiven is blue. The pet of Nitis is a velk. Nitis plays the harp.", "question": "What animal does Nitis keep?", "answer": "a velk"}, "target": "a velk", "doc_hash": "e6516a187381d294c7e66c997db1ec82da02953479afd49946e20039ff4bcb64", "prompt_hash": "fafcdbb8273fc6b6fe5148c97ee8245608f3b0fd4ef59b5baaf7a637a82e9808", "target_hash": "198101a99f40a9d02499a17e9375ce340dced60bed17d80a2ce2533d577bc47b", "truncated": false, "context": "Passage: The pet of Stiven is a habnel. The coat of Stiven is blue. The pet of Nitis is a velk. Nitis plays the harp.\nQuestion: What animal does Nitis keep?\nAnswer:", "until": ["\n", "<|endoftext|>"], "resps": [" a velk"], "empty": false, "answer_truncated": false, "incomplete": false, "finish": "stop", "context_tokens": 42, "output_tokens": 3, "filtered_resps": {"remove_whitespace": ["a velk"]}, "unparsed": {"remove_whitespace": false}}');
insert into items values (6, 'nano_qa', 46, '{"exact_match": 0.0}',
'{"doc_id": 46, "doc": {"passage": "A lurran follows Radun everywhere. Tratis has a house in Miwick. The favourite food of Radun is barley soup. Tratis earns a living as a beekeeper.", "question": "What does Tratis do for a living?", "answer": "a beekeeper"}, "target": "a beekeeper", "doc_hash": "828fef6b0d588c513cfc270738a9da5deb0914cb7e4d5c794884a91a86de7ccf", "prompt_hash": "ebb7b9656052b5495ef7dc53a88a751680f012f028c742dfa3a18cebb120ea9c", "target_hash": "93c80af14b4518e895bc29fe020db6d543b12bdfb23bc3a1bef7fd1a059375cf", "truncated": false, "context": "Passage: A lurran follows Radun everywhere. Tratis has a house in Miwick. The favourite food of Radun is barley soup. Tratis earns a living as a beekeeper.\nQuestion: What does Tratis do for a living?\nAnswer:", "until": ["\n", "<|endoftext|>"], "resps": [" nobody"], "empty": false, "answer_truncated": false, "incomplete": false, "finish": "stop", "context_tokens": 46, "output_tokens": 3, "filtered_resps": {"remove_whitespace": ["nobody"]}, "unparsed": {"remove_whitespace": false}}');
insert into items values (6, 'nano_qa', 59, '{"exact_match": 1.0}',
'{"doc_id": 59, "doc": {"passage": "Modun has a pet mosskin. Jadun wears a green coat. The instrument of Jadun is the whistle. The favourite colour of Modun is green.", "question": "What is the favourite colour of Modun?", "answer": "green"}, "target": "green", "doc_hash": "9b2a6986ab278cb021ed52f78f2277f23cd10ab5049ac903384c9b8048419fcd", "prompt_hash": "8378950d4112ca6c130468710e7aec45729380418e329a2795a38e669b202d26", "target_hash": "ba4788b226aa8dc2e6dc74248bb9f618cfa8c959e0c26c147be48f6839a0b088", "truncated": false, "context": "Passage: Modun has a pet mosskin. Jadun wears a green coat. The instrument of Jadun is the whistle. The favourite colour of Modun is green.\nQuestion: What is the favourite colour of Modun?\nAnswer:", "until": ["\n", "<|endoftext|>"], "resps": [" green"], "empty": false, "answer_truncated": false, "incomplete": false, "finish": "stop", "context_tokens": 44, "output_tokens": 2, "filtered_resps": {"remove_whitespace": ["green"]}, "unparsed": {"remove_whitespace": false}}');
insert into items values (6, 'nano_qa', 225, '{"exact_match": 1.0}',
'{"doc_id": 225, "doc": {"passage": "By trade Detis is a miller. Toven likes roast turnip best. Toven plays the lute. Detis has a pet habnel.", "question": "What food does Toven like best?", "answer": "roast turnip"}, "target": "roast turnip", "doc_hash": "f7a77f553c6f5b170f6bef0411b21424849ee384123a45de8e4911da7911cde3", "prompt_hash": "b75be091950b20958d879183e801c436feb3bc62d3161a69e3533cc3ad079e7c", "target_hash": "2ae6489709c5554fc25db89bb7dac89896615cce4e3474205036a9d0d89606da", "truncated": false, "context": "Passage: By trade Detis is a miller. Toven likes roast turnip best. Toven plays the lute. Detis has a pet habnel.\nQuestion: What food does Toven like best?\nAnswer:", "until": ["\n", "<|endoftext|>"], "resps": [" roast turnip"], "empty": false, "answer_truncated": false, "incomplete": false, "finish": "stop", "context_tokens": 39, "output_tokens": 3, "filtered_resps": {"remove_whitespace": ["roast turnip"]}, "unparsed": {"remove_whitespace": false}}');
insert into items values (6, 'nano_qa', 298, '{"exact_match": 1.0}',
'{"doc_id": 298, "doc": {"passage": "A velk follows Kutis everywhere. The pet of Misa is a habnel. The instrument of Misa is the whistle. Kutis loves the colour orange.", "question": "What is the instrument of Misa?", "answer": "the whistle"}, "target": "the whistle", "doc_hash": "341caff0c8042d98bee1242d8aaef41f1e2f90b97c5b84c50717d77495c846a4", "prompt_hash": "8e1380d0dfa1cd647be56045aad0fffe76c8f1736e13d9043314872a72f2bdf1", "target_hash": "3f7959e040ecebf77719103326c4a26f6e762d2f82a1c17844efb374728fb63b", "truncated": false, "context": "Passage: A velk follows Kutis everywhere. The pet of Misa is a habnel. The instrument of Misa is the whistle. Kutis loves the colour orange.\nQuestion: What is the instrument of Misa?\nAnswer:", "until": ["\n", "<|endoftext|>"], "resps": [" the whistle"], "empty": false, "answer_truncated": false, "incomplete": false, "finish": "stop", "context_tokens": 43, "output_tokens": 3, "filtered_resps": {"remove_whitespace": ["the whistle"]}, "unparsed": {"remove_whitespace": false}}');
insert into items values (6, 'nano_qa', 343, '{"exact_match": 1.0}',
'{"doc_id": 343, "doc": {"passage": "The favourite food of Kilin is goat cheese. Kilin is a gardener. The instrument of Stiven is the zither. Stiven would rather eat lentil stew than anything else.", "question": "What does Stiven play?", "answer": "the zither"}, "target": "the zither", "doc_hash": "afce26fcf956d6cf3d9eca67034873e474820b8882e3fb8bdae6e029b243825f", "prompt_hash": "68e22f385e0b07f659fbbaf434b0f5790cd3a728b0505caaeba25229b827e1d9", "target_hash": "196c248590e75e0b5066cb7b0269f41126fba4868c2d376feb168153dea488bc", "truncated": false, "context": "Passage: The favourite food of Kilin is goat cheese. Kilin is a gardener. The instrument of Stiven is the zither. Stiven would rather eat lentil stew than anything else.\nQuestion: What does Stiven play?\nAnswer:", "until": ["\n", "<|endoftext|>"], "resps": [" the zither"], "empty": false, "answer_truncated": false, "incomplete": false, "finish": "stop", "context_tokens": 45, "output_tokens": 3, "filtered_resps": {"remove_whitespace": ["the zither"]}, "unparsed": {"remove_whitespace": false}}');
insert into items values (6, 'nano_qa', 354, '{"exact_match": 1.0}',
'{"doc_id": 354, "doc": {"passage": "Koro earns a living as a carpenter. Risa would rather eat nut porridge than anything else. The home of Risa is in Kuford. A dorrow follows Koro everywhere.", "question": "What follows Koro everywhere?", "answer": "a dorrow"}, "target": "a dorrow", "doc_hash": "a3a4320f40b6ff6306ca6c8f44637372afeeda83e9c03d987ab718ad1e1e8308", "prompt_hash": "5343b5ecfbee682e79b3bb28a749931ee0a536e2dfbe0052856a5d90795ed500", "target_hash": "c798fdf10f8f2d952b71c27260986c6db7c30a5f8559216bdaf00fd9de272ef8", "truncated": false, "context": "Passage: Koro earns a living as a carpenter. Risa would rather eat nut porridge than anything else. The home of Risa is in Kuford. A dorrow follows Koro everywhere.\nQuestion: What follows Koro everywhere?\nAnswer:", "until": ["\n", "<|endoftext|>"], "resps": [" a dorrow"], "empty": false, "answer_truncated": false, "incomplete": false, "finish": "stop", "context_tokens": 45, "output_tokens": 3, "filtered_resps": {"remove_whitespace": ["a dorrow"]}, "unparsed": {"remove_whitespace": false}}');
insert into items values (8, 'nano_topic', 27, '{"acc": 1.0}',
'{"doc_id": 27, "doc": {"text": "A wild dorrow slept in the straw and Kutis kept still.", "label": 3}, "target": 3, "doc_hash": "f0904bff16911d685ff9a067b8c059bd0998fdd61a302b0ac9f032bb4f3e6f65", "prompt_hash": "f16513b8a4624521b45f45cd6a818c233e99e7014709d5c6bc84a916bc0eee2d", "target_hash": "4e07408562bedb8b60ce05c1decfe3ad16b72230967de01f640b7e4729b49fce", "truncated": false, "context": "Text: A wild dorrow slept in the straw and Kutis kept still.\nTopic:", "continuations": [" food", " music", " weather", " animals"], "log_likelihoods": [-6.42, -6.32, -9.17, -0.0], "is_greedy": [false, false, false, true], "context_tokens": [17, 17, 17, 17], "continuation_tokens": [1, 1, 1, 1], "gold": 3, "predicted": 3}');
insert into items values (8, 'nano_topic', 78, '{"acc": 0.0}',
'{"doc_id": 78, "doc": {"text": "Buram saw a herd in Saford, and one mosskin drank from the pond.", "label": 3}, "target": 3, "doc_hash": "5fcc955d3f1963bbb4381f92fde8b5a3fc3ee22e6d221ff022226786a4bdb0aa", "prompt_hash": "edd4445ef2ed895c548e34d1ec5fcdaf0f6941b2b9e664765b94b33510827cd4", "target_hash": "4e07408562bedb8b60ce05c1decfe3ad16b72230967de01f640b7e4729b49fce", "truncated": false, "context": "Text: Buram saw a herd in Saford, and one mosskin drank from the pond.\nTopic:", "continuations": [" food", " music", " weather", " animals"], "log_likelihoods": [-0.0, -8.22, -7.13, -8.37], "is_greedy": [true, false, false, false], "context_tokens": [20, 20, 20, 20], "continuation_tokens": [1, 1, 1, 1], "gold": 3, "predicted": 0}');
insert into items values (8, 'nano_topic', 82, '{"acc": 1.0}',
'{"doc_id": 82, "doc": {"text": "In Ristead the singers began an old song with the zither.", "label": 1}, "target": 1, "doc_hash": "35d95ca8d3787e03e9e2dde5e30165c73b56aca1dc12fca52de9ebff7e12578a", "prompt_hash": "49d0ca243a631f6a4fd04b54caf51c2dcfd121b1424ff1a45aac03d632ee6724", "target_hash": "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b", "truncated": false, "context": "Text: In Ristead the singers began an old song with the zither.\nTopic:", "continuations": [" food", " music", " weather", " animals"], "log_likelihoods": [-7.64, -0.0, -11.39, -9.24], "is_greedy": [false, true, false, false], "context_tokens": [18, 18, 18, 18], "continuation_tokens": [1, 1, 1, 1], "gold": 1, "predicted": 1}');
insert into items values (8, 'nano_topic', 163, '{"acc": 1.0}',
'{"doc_id": 163, "doc": {"text": "Velin looked up at the clouds and feared rain in spring.", "label": 2}, "target": 2, "doc_hash": "ed204f77f1e313c5b322ba7d0b2cc29b17730e1212e82ccfe1535c7e16c6ce1c", "prompt_hash": "11300411cec380e4c1f9a99469a8bb0cc08666acff1d987158c7ef945c4cbff5", "target_hash": "d4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35", "truncated": false, "context": "Text: Velin looked up at the clouds and feared rain in spring.\nTopic:", "continuations": [" food", " music", " weather", " animals"], "log_likelihoods": [-12.87, -7.61, -0.0, -8.38], "is_greedy": [false, false, true, false], "context_tokens": [17, 17, 17, 17], "continuation_tokens": [1, 1, 1, 1], "gold": 2, "predicted": 2}');
insert into items values (8, 'nano_topic', 236, '{"acc": 0.0}',
'{"doc_id": 236, "doc": {"text": "The storm brought hail to Kuford at noon.", "label": 2}, "target": 2, "doc_hash": "5e6cfa2adc640cde42166e20e0a9a27ad65a407f2e9b98c529a28d82799569f3", "prompt_hash": "1a3e22ddd4731281f9e4a1b049c0cd3c28590ee707e45a706b662b1e22825f74", "target_hash": "d4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35", "truncated": false, "context": "Text: The storm brought hail to Kuford at noon.\nTopic:", "continuations": [" food", " music", " weather", " animals"], "log_likelihoods": [-13.36, -7.76, -8.47, -0.0], "is_greedy": [false, false, false, true], "context_tokens": [14, 14, 14, 14], "continuation_tokens": [1, 1, 1, 1], "gold": 2, "predicted": 3}');
insert into items values (8, 'nano_topic', 253, '{"acc": 0.0}',
'{"doc_id": 253, "doc": {"text": "In Brask they serve onion pie with herbs.", "label": 0}, "target": 0, "doc_hash": "d5824a8a69240e6cc4c37c64429cf963c5482da65bec9bff7014c49f99b1dbeb", "prompt_hash": "c4a85d0bec2f3ee8c5c216bacf603c72f45e2ec6bf80f0c0123a19dbfadd19dc", "target_hash": "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9", "truncated": false, "context": "Text: In Brask they serve onion pie with herbs.\nTopic:", "continuations": [" food", " music", " weather", " animals"], "log_likelihoods": [-6.57, -0.02, -9.04, -5.9], "is_greedy": [false, true, false, false], "context_tokens": [16, 16, 16, 16], "continuation_tokens": [1, 1, 1, 1], "gold": 0, "predicted": 1}');
insert into items values (8, 'nano_topic', 281, '{"acc": 1.0}',
'{"doc_id": 281, "doc": {"text": "Matis tuned the bell before an old song.", "label": 1}, "target": 1, "doc_hash": "e58a3b3d3646a2b7674da8cf2187799c5c15c8c32224904120eaf583d57b1169", "prompt_hash": "893355ef5178c9d78fcdd7025d6643dcc575cd5bd1a06fd9717b9d7b8a0a9e77", "target_hash": "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b", "truncated": false, "context": "Text: Matis tuned the bell before an old song.\nTopic:", "continuations": [" food", " music", " weather", " animals"], "log_likelihoods": [-7.6, -0.0, -8.52, -7.78], "is_greedy": [false, true, false, false], "context_tokens": [15, 15, 15, 15], "continuation_tokens": [1, 1, 1, 1], "gold": 1, "predicted": 1}');
insert into items values (8, 'nano_topic', 315, '{"acc": 1.0}',
'{"doc_id": 315, "doc": {"text": "Tratis saw a herd in Riford, and one tuffle drank from the pond.", "label": 3}, "target": 3, "doc_hash": "c520b9a8a61a594421f28076ad50875a47932e09204f90013dc11763ffd7fce6", "prompt_hash": "344d490b886703c3f200a5268361eeadbdf6309ade0ed39e2345a0a1332fe640", "target_hash": "4e07408562bedb8b60ce05c1decfe3ad16b72230967de01f640b7e4729b49fce", "truncated": false, "context": "Text: Tratis saw a herd in Riford, and one tuffle drank from the pond.\nTopic:", "continuations": [" food", " music", " weather", " animals"], "log_likelihoods": [-7.82, -7.34, -6.6, -0.0], "is_greedy": [false, false, false, true], "context_tokens": [20, 20, 20, 20], "continuation_tokens": [1, 1, 1, 1], "gold": 3, "predicted": 3}');
