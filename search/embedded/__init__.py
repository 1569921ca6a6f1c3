"""The index in a folder of our own, by tantivy. From outside, use `search.embedded.index.EmbeddedIndex`."""
