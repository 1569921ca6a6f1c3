"""One file per noun: who, what, which words, do it, where next."""
