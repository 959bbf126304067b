"""Bills of providers: read, told apart, held to the rules of FOCUS, and written."""
