"""Records: how what people and their systems state comes in, and how it is kept."""
