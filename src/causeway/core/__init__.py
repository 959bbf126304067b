"""The words everybody uses: frozen values and pure functions over them, no input or output."""
