"""PyTorch: networks watched while they learn."""


def patch_torch(recorder):
    """Watches PyTorch, once it is there whole."""
