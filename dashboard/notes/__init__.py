"""Notes that people write on a moment or a span: their marks on a chart, their list, and writing them."""
