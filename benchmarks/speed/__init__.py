"""The speed of the library beside PyTorch."""
