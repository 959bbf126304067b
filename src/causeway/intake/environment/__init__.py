"""What a proof of concept needs to run: requirements in every form, imports, removed interfaces."""
