"""Tables larger than memory: brought into parts, answered part by part, put together whole."""
