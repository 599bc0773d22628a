"""The folder of tasks stands for this package: its path is set when the first task is loaded."""
