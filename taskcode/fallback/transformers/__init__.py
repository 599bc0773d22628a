"""Of the package transformers only what scores answers to questions, where the package itself is not installed."""
