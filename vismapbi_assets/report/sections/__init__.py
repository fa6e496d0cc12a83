"""The sections of the page, one function each: words, tables and charts around given figures."""
